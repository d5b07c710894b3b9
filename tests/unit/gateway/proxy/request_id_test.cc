#include "gateway/proxy/request_id.h"

#include <gtest/gtest.h>

#include "ronghe/organization/v1/organization_service.pb.h"

namespace ronghe::gateway {
namespace {

using organization::v1::CreateUnitRequest;

grpc::ByteBuffer Buffer(const std::string& bytes, size_t pieces = 1) {
  std::vector<grpc::Slice> slices;
  const size_t each = bytes.size() / pieces + 1;
  for (size_t i = 0; i < bytes.size(); i += each) slices.emplace_back(bytes.substr(i, each));
  return grpc::ByteBuffer(slices.data(), slices.size());
}

std::string Bytes(const grpc::ByteBuffer& buffer) {
  grpc::Slice flat;
  EXPECT_TRUE(buffer.DumpToSingleSlice(&flat).ok());
  return std::string(reinterpret_cast<const char*>(flat.begin()), flat.size());
}

int Field() {
  return *RequestIdField(CreateUnitRequest::descriptor());
}

TEST(RequestIdTest, KnowsWhichMessagesHaveOne) {
  EXPECT_EQ(RequestIdField(CreateUnitRequest::descriptor()), CreateUnitRequest::kRequestIdFieldNumber);
  EXPECT_EQ(RequestIdField(organization::v1::GetUnitRequest::descriptor()), std::nullopt);
  EXPECT_EQ(RequestIdField(organization::v1::ImportUnitsRequest::descriptor()), std::nullopt);
}

TEST(RequestIdTest, AddsOneWhereThereIsNone) {
  CreateUnitRequest request;
  request.mutable_unit()->set_code("370783");
  request.set_validate_only(true);
  for (const size_t pieces : {1, 3}) {
    const auto with = WithRequestId(Buffer(request.SerializeAsString(), pieces), Field(), "the-id");
    ASSERT_TRUE(with.has_value());
    CreateUnitRequest parsed;
    ASSERT_TRUE(parsed.ParseFromString(Bytes(*with)));
    EXPECT_EQ(parsed.request_id(), "the-id");
    EXPECT_EQ(parsed.unit().code(), "370783");
    EXPECT_TRUE(parsed.validate_only());
  }
  const auto empty = WithRequestId(grpc::ByteBuffer(), Field(), "the-id");
  EXPECT_FALSE(empty.has_value() && Bytes(*empty).empty());
}

TEST(RequestIdTest, LeavesTheCallersAlone) {
  CreateUnitRequest request;
  request.set_request_id("mine");
  request.mutable_unit()->set_code("1");
  EXPECT_FALSE(WithRequestId(Buffer(request.SerializeAsString()), Field(), "x").has_value());
}

TEST(RequestIdTest, TheLastOccurrenceCounts) {
  CreateUnitRequest set;
  set.set_request_id("mine");
  const std::string emptied = set.SerializeAsString() + std::string("\x1a\x00", 2);  // field 3, empty
  EXPECT_EQ(HasText(emptied, 3), false);
  EXPECT_EQ(HasText(std::string("\x1a\x00", 2) + set.SerializeAsString(), 3), true);
}

TEST(RequestIdTest, BytesThatAreNoMessageArePassedOn) {
  for (const std::string& bytes : {std::string("\x1a\xff\xff\xff\xff\x0f", 6),
                                   std::string("\x0a\x05"
                                               "ab",
                                               4),
                                   std::string("\xff", 1), std::string("\x1a\x80", 2), std::string("\x00", 1)}) {
    EXPECT_EQ(HasText(bytes, 3), std::nullopt);
    EXPECT_FALSE(WithRequestId(Buffer(bytes), 3, "x").has_value());
  }
}

}  // namespace
}  // namespace ronghe::gateway
