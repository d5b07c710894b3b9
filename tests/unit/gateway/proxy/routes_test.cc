#include "gateway/proxy/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ronghe::gateway {
namespace {

std::vector<std::string> Names(std::string_view service) {
  std::vector<std::string> names;
  for (const auto* descriptor : PublicServices(service)) names.push_back(descriptor->name());
  return names;
}

TEST(RoutesTest, EveryPublicServiceOfThePackage) {
  EXPECT_THAT(Names("organization"), ::testing::IsSupersetOf({"AccessService", "ImportService", "MemberService",
                                                              "OrganizationService", "StructureService"}));
  EXPECT_THAT(Names("education"), ::testing::Contains("EducationService"));
  EXPECT_THAT(Names("rectification"), ::testing::Contains("RectificationService"));
  EXPECT_THAT(Names("assessment"), ::testing::Contains("AssessmentService"));
}

TEST(RoutesTest, WhatIsTheSuitesOwnStaysInside) {
  EXPECT_THAT(Names("organization"), ::testing::Not(::testing::Contains("DirectoryService")));
}

TEST(RoutesTest, NoOthers) {
  EXPECT_THAT(Names("common"), ::testing::Contains("EchoService"));  // so it must not be asked for
  EXPECT_THAT(Names("nothing"), ::testing::IsEmpty());
}

}  // namespace
}  // namespace ronghe::gateway
