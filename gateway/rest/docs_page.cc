#include "gateway/rest/openapi.h"

namespace ronghe::gateway {

std::string_view DocsPage() {
  return R"html(<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Ronghe API</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:70rem;padding:1rem}
input{font:inherit;width:100%;padding:.4rem;box-sizing:border-box}
summary{cursor:pointer;padding:.2rem 0}code,pre{font:13px/1.5 ui-monospace,monospace}
.verb{display:inline-block;width:4.5rem;font-weight:700}table{border-collapse:collapse}
td{border-top:1px solid #ccc;padding:.2rem .8rem .2rem 0;vertical-align:top}.d{white-space:pre-wrap;margin:.4rem 0}
</style>
<h1>Ronghe API</h1><p><a href="/openapi.json">/openapi.json</a></p>
<input id="find" placeholder="find an address or a word" aria-label="find">
<main id="all"></main>
<script>
const el=(tag,text,cls)=>{const e=document.createElement(tag);if(text!==undefined)e.textContent=text;if(cls)e.className=cls;return e};
const type=s=>!s?'':s.$ref?s.$ref.split('/').pop():s.type==='array'?type(s.items)+'[]':(s.format||s.type||'object');
fetch('/openapi.json').then(r=>r.json()).then(api=>{
  const all=document.getElementById('all');
  const table=rows=>{const t=el('table');for(const r of rows){const tr=el('tr');for(const c of r)tr.append(el('td',c));t.append(tr)}return t};
  const fields=s=>{const m=s&&s.$ref?api.components.schemas[s.$ref.split('/').pop()]:s;
    return table(Object.entries((m&&m.properties)||{}).map(([n,p])=>[n,type(p),p.description||'']))};
  for(const tag of api.tags){
    all.append(el('h2',tag.name),el('div',tag.description,'d'));
    for(const [path,item] of Object.entries(api.paths))for(const [verb,op] of Object.entries(item)){
      if(!op.tags||op.tags[0]!==tag.name)continue;
      const d=el('details');d.dataset.text=(path+' '+op.summary+' '+op.operationId).toLowerCase();
      const s=el('summary');s.append(el('span',verb.toUpperCase(),'verb'),el('code',path),el('span',' '+op.summary));
      d.append(s,el('div',op.description,'d'));
      if(op.parameters)d.append(table(op.parameters.map(p=>[p.name,p.in,type(p.schema),p.description||''])));
      if(op.requestBody)d.append(el('h4','Body'),fields(op.requestBody.content['application/json'].schema));
      const ok=Object.values(op.responses['200'].content)[0].schema;
      d.append(el('h4','Answer: '+type(ok)),fields(ok));all.append(d)}}
  document.getElementById('find').oninput=e=>{for(const d of all.querySelectorAll('details'))d.hidden=!d.dataset.text.includes(e.target.value.toLowerCase())};
});
</script></html>
)html";
}

}  // namespace ronghe::gateway
