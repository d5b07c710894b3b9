#pragma once

// Tokens and their public keys as PyJWT 2.6 with python3-cryptography made them, good for an hour from 1794790800
// (issuer https://idp.example, subject u-1024, jti 5d0c7a). The private keys were thrown away.
namespace ronghe::tests {

inline constexpr char kPyJwtKeys[] = R"({
 "keys": [
  {
   "kty": "RSA",
   "kid": "rsa",
   "n": "9y6wuytz2c2pbnbGWPmv9mTrvVE7pmTkHaKESXCPmMozsR7gJqr3wUxTrJqHOiDlaLp2PIgISrXBnuN252ZsLk1djmKGdSTgfBziT4M3QOs8_yI6GxJUJrYSJOpj55QP7sijEvejx9v0uVF6g8k2KBUa1da7EazNrg6kTFkvdK8UrqYeh628s50iRM2HJ9wba5BUqG6JCiqrdXpVWBX0g6NxMQEzL4r1_XaZyYUmyiBkEBvhvp24rCgZWRAD02f-jb_I8AQwakgC4i1R5vUi9RhnIotVhXjhLo_GWFh7t8us1vXFDQCJN7UxrahmAK2ASaknvrnqBAS83POJq9tbCw",
   "e": "AQAB"
  },
  {
   "kty": "EC",
   "crv": "P-256",
   "kid": "ec",
   "x": "6VnbR2gdqjuf-O3pOh10I-oihZhE5ZxYey90mZHlPTk",
   "y": "DBqDV7IrLNl1kBX5mxrIUh-weIAldRhC6MjfmUu1ICg"
  },
  {
   "kty": "OKP",
   "crv": "Ed25519",
   "kid": "ed",
   "x": "gGnQJa2NhAkpdK4s9Ra59qaHxjaUXCGLLqp4VjoPbeU"
  }
 ]
})";

inline constexpr char kPyJwtRs256[] =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYSIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3V"
    "iIjoidS0xMDI0IiwiYXVkIjpbIm90aGVyIiwicm9uZ2hlIl0sImlhdCI6MTc5NDc5MDgwMCwibmJmIjoxNzk0NzkwODAwLCJ"
    "leHAiOjE3OTQ3OTQ0MDAsImp0aSI6IjVkMGM3YSJ9.fikdEl-zoz0hy7qi6jnANiffJCd9hQ5VcVreN0IywMhuVloQ-MGwrK"
    "M0kuXzOmkF8Xg6TpQGKZnA9yGle0gevChLPdvRBxfqukigmlNkWEIhIxnxXtaSIt8m_dk679SEtKgqtzo3oq113Ob0m95t2R"
    "dG-PebrunRZNoB4pibyxMfnjMBxErZxA80LHcZSIIqeD4LjxAqOtImfHfI59a-KN8xNvaIT2fWi325-DIZra05CqOGwKaCcU"
    "APLXfYSwIUZqnVd-NDt5nMN9NjNemVjIJuYySpNHrT8bvffhM4hh59jjFK8MYusIEiH0bS3kUrWCBQqZOeGth6GvHvGFhX8w";
inline constexpr char kPyJwtEs256[] =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3Vi"
    "IjoidS0xMDI0IiwiYXVkIjpbIm90aGVyIiwicm9uZ2hlIl0sImlhdCI6MTc5NDc5MDgwMCwibmJmIjoxNzk0NzkwODAwLCJl"
    "eHAiOjE3OTQ3OTQ0MDAsImp0aSI6IjVkMGM3YSJ9.8XKYYESRMWobosrELVE7kBIvLTswZtZrKKB2q7KNthgRkmjDFvod6nD"
    "NBhOfXTUTvljbkKi5811fVj1f1x2RLg";
inline constexpr char kPyJwtEddsa[] =
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3Vi"
    "IjoidS0xMDI0IiwiYXVkIjpbIm90aGVyIiwicm9uZ2hlIl0sImlhdCI6MTc5NDc5MDgwMCwibmJmIjoxNzk0NzkwODAwLCJl"
    "eHAiOjE3OTQ3OTQ0MDAsImp0aSI6IjVkMGM3YSJ9.qWmnYHRHH5Wss4x6hbTQUoFU4SVy38vQSaGQMwppia8noUmJFTSWWQ3"
    "2S2svW-HyJt_88pZTqqWwRbrvxE4ADQ";

}  // namespace ronghe::tests
