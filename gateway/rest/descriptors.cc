#include "gateway/rest/openapi.h"

// Made by protoc at build time: the linked descriptors have no comments.
__asm__(
    ".pushsection .rodata\n"
    ".global ronghe_descriptors_begin\n"
    "ronghe_descriptors_begin:\n"
    ".incbin \"" RONGHE_DESCRIPTORS
    "\"\n"
    ".global ronghe_descriptors_end\n"
    "ronghe_descriptors_end:\n"
    ".byte 0\n"
    ".popsection\n");
extern "C" {
extern const char ronghe_descriptors_begin;
extern const char ronghe_descriptors_end;
}

namespace ronghe::gateway {

std::string_view BuiltDescriptors() {
  const char* begin = &ronghe_descriptors_begin;
  return {begin, static_cast<size_t>(&ronghe_descriptors_end - begin)};
}

}  // namespace ronghe::gateway
