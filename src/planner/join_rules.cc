#include "planner/join_rules.h"

namespace skein::core {

using duckdb::JoinType;

bool MayBroadcastRight(JoinType type) {
  switch (type) {
    case JoinType::INNER:
    case JoinType::LEFT:
    case JoinType::SEMI:
    case JoinType::ANTI:
    case JoinType::MARK:
    case JoinType::SINGLE:
      return true;
    default:
      return false;
  }
}

bool MayBroadcastLeft(JoinType type) {
  return type == JoinType::INNER || type == JoinType::RIGHT || type == JoinType::RIGHT_SEMI ||
         type == JoinType::RIGHT_ANTI;
}

bool MayRepartition(JoinType type) {
  switch (type) {
    case JoinType::INNER:
    case JoinType::LEFT:
    case JoinType::RIGHT:
    case JoinType::OUTER:
    case JoinType::SEMI:
    case JoinType::ANTI:
    case JoinType::RIGHT_SEMI:
    case JoinType::RIGHT_ANTI:
    case JoinType::MARK:
    case JoinType::SINGLE:
      return true;
    default:
      return false;
  }
}

bool EmitsLeft(JoinType type) {
  return type == JoinType::INNER || type == JoinType::LEFT || type == JoinType::SEMI || type == JoinType::ANTI ||
         type == JoinType::MARK || type == JoinType::SINGLE;
}

bool EmitsRight(JoinType type) {
  return type == JoinType::INNER || type == JoinType::RIGHT || type == JoinType::RIGHT_SEMI ||
         type == JoinType::RIGHT_ANTI;
}

}  // namespace skein::core
