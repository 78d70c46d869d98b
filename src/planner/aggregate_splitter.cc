#include "planner/aggregate_splitter.h"

#include <cmath>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "engine/scalar_functions.h"

namespace skein {
namespace {

using duckdb::BoundAggregateExpression;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::PhysicalType;
using ExpressionPtr = duckdb::unique_ptr<duckdb::Expression>;

enum class Merge { kNone, kCount, kSum, kSame, kAvg };

bool IsSummable(const LogicalType& type) {
  switch (type.InternalType()) {
    case PhysicalType::INT8:
    case PhysicalType::INT16:
    case PhysicalType::INT32:
    case PhysicalType::INT64:
    case PhysicalType::INT128:
    case PhysicalType::UINT8:
    case PhysicalType::UINT16:
    case PhysicalType::UINT32:
    case PhysicalType::FLOAT:
    case PhysicalType::DOUBLE:
      return type.IsNumeric();
    default:
      return false;
  }
}

// Averages of dates and times round on their own; sums of unsigned 64- and 128-bit integers change their type.
bool IsAveraged(const LogicalType& type) {
  switch (type.id()) {
    case duckdb::LogicalTypeId::SMALLINT:
    case duckdb::LogicalTypeId::INTEGER:
    case duckdb::LogicalTypeId::BIGINT:
    case duckdb::LogicalTypeId::HUGEINT:
    case duckdb::LogicalTypeId::DECIMAL:
    case duckdb::LogicalTypeId::DOUBLE:
      return true;
    default:
      return false;
  }
}

Merge MergeOf(const BoundAggregateExpression& aggregate) {
  if (aggregate.IsDistinct() || aggregate.order_bys) return Merge::kNone;
  const auto& name = aggregate.function.name;
  if (name == "count_star" || name == "count") return Merge::kCount;
  if (aggregate.children.size() != 1) return Merge::kNone;
  const auto& type = aggregate.children[0]->return_type;
  if (name == "sum" || name == "sum_no_overflow") return IsSummable(type) ? Merge::kSum : Merge::kNone;
  if (name == "min" || name == "max") return type.IsNested() ? Merge::kNone : Merge::kSame;
  if (name == "avg" || name == "mean") return IsAveraged(type) ? Merge::kAvg : Merge::kNone;
  return Merge::kNone;
}

class Splitter {
 public:
  Splitter(duckdb::ClientContext& context, duckdb::LogicalAggregate& original,
           const std::function<idx_t()>& new_table_index)
      : context_(context),
        original_(original),
        partial_group_(new_table_index()),
        partial_aggregate_(new_table_index()),
        final_group_(new_table_index()),
        final_aggregate_(new_table_index()),
        groupings_(new_table_index()) {}

  SplitAggregate Run() {
    original_.ResolveOperatorTypes();
    result_.restore = duckdb::make_uniq<LogicalRestore>();
    result_.restore->bindings = original_.GetColumnBindings();
    result_.restore->output_types = original_.types;
    AddGroups();
    for (auto& expression : original_.expressions) AddAggregate(expression->Cast<BoundAggregateExpression>());
    Assemble();
    return std::move(result_);
  }

 private:
  void AddGroups() {
    for (idx_t i = 0; i < original_.groups.size(); i++) {
      const auto type = original_.groups[i]->return_type;
      final_groups_.push_back(Column(type, partial_group_, i));
      result_.restore->expressions.push_back(Column(type, final_group_, i));
    }
  }

  void AddAggregate(BoundAggregateExpression& aggregate) {
    const auto type = aggregate.return_type;
    switch (MergeOf(aggregate)) {
      case Merge::kCount:
      case Merge::kSum: {
        auto partial = AddPartial(aggregate.Copy());
        AddRestored(duckdb::BoundCastExpression::AddCastToType(context_, AddFinal("sum", std::move(partial)), type));
        return;
      }
      case Merge::kSame: {
        const auto name = aggregate.function.name;
        AddRestored(AddFinal(name, AddPartial(aggregate.Copy())));
        return;
      }
      default:
        AddAverage(aggregate);
    }
  }

  void AddAverage(BoundAggregateExpression& aggregate) {
    const auto type = aggregate.children[0]->return_type;
    auto filter = [&] { return aggregate.filter ? aggregate.filter->Copy() : nullptr; };
    auto sum = AddPartial(Bind("sum", aggregate.children[0]->Copy(), filter()));
    auto count = AddPartial(Bind("count", aggregate.children[0]->Copy(), filter()));
    duckdb::vector<ExpressionPtr> arguments;
    arguments.push_back(AddFinal("sum", std::move(sum)));
    arguments.push_back(
        duckdb::BoundCastExpression::AddCastToType(context_, AddFinal("sum", std::move(count)), LogicalType::BIGINT));
    const bool is_decimal = type.id() == duckdb::LogicalTypeId::DECIMAL;
    const double scale = is_decimal ? std::pow(10.0, duckdb::DecimalType::GetScale(type)) : 1.0;
    arguments.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::DOUBLE(scale)));
    const bool is_narrow = type.InternalType() == PhysicalType::INT16;
    auto function = is_narrow ? FinishNarrowAvgFunction() : FinishAvgFunction();
    function.arguments[0] = arguments[0]->return_type;
    AddRestored(duckdb::make_uniq<duckdb::BoundFunctionExpression>(LogicalType::DOUBLE, std::move(function),
                                                                   std::move(arguments), nullptr));
  }

  // Adds an aggregate to the partial half and returns its column there.
  ExpressionPtr AddPartial(ExpressionPtr aggregate) {
    const auto type = aggregate->return_type;
    partials_.push_back(std::move(aggregate));
    return Column(type, partial_aggregate_, partials_.size() - 1);
  }

  ExpressionPtr AddFinal(const std::string& name, ExpressionPtr partial) {
    auto aggregate = Bind(name, std::move(partial), nullptr);
    const auto type = aggregate->return_type;
    finals_.push_back(std::move(aggregate));
    return Column(type, final_aggregate_, finals_.size() - 1);
  }

  void AddRestored(ExpressionPtr expression) { result_.restore->expressions.push_back(std::move(expression)); }

  ExpressionPtr Bind(const std::string& name, ExpressionPtr argument, ExpressionPtr filter) {
    auto& entry = duckdb::Catalog::GetSystemCatalog(context_).GetEntry<duckdb::AggregateFunctionCatalogEntry>(
        context_, DEFAULT_SCHEMA, name);
    duckdb::vector<ExpressionPtr> children;
    children.push_back(std::move(argument));
    duckdb::FunctionBinder binder(context_);
    duckdb::ErrorData error;
    const auto best = binder.BindFunction(name, entry.functions, children, error);
    if (!best.IsValid()) error.Throw();
    return binder.BindAggregateFunction(entry.functions.GetFunctionByOffset(best.GetIndex()), std::move(children),
                                        std::move(filter));
  }

  static ExpressionPtr Column(const LogicalType& type, idx_t table, idx_t column) {
    return duckdb::make_uniq<duckdb::BoundColumnRefExpression>(type, duckdb::ColumnBinding(table, column));
  }

  void Assemble() {
    const auto cardinality = original_.estimated_cardinality;
    result_.partial =
        duckdb::make_uniq<duckdb::LogicalAggregate>(partial_group_, partial_aggregate_, std::move(partials_));
    auto& partial = *result_.partial;
    partial.groupings_index = groupings_;
    partial.groups = std::move(original_.groups);
    for (auto& stats : original_.group_stats) partial.group_stats.push_back(stats ? stats->ToUnique() : nullptr);
    partial.distinct_validity = original_.distinct_validity;
    partial.children = std::move(original_.children);
    partial.SetEstimatedCardinality(cardinality);
    result_.final = duckdb::make_uniq<duckdb::LogicalAggregate>(final_group_, final_aggregate_, std::move(finals_));
    auto& final = *result_.final;
    final.groupings_index = groupings_;
    final.groups = std::move(final_groups_);
    final.group_stats = std::move(original_.group_stats);
    final.distinct_validity = duckdb::TupleDataValidityType::CAN_HAVE_NULL_VALUES;
    final.SetEstimatedCardinality(cardinality);
    for (auto* half : {&partial, &final}) {
      half->grouping_sets = original_.grouping_sets;
    }
    result_.restore->SetEstimatedCardinality(cardinality);
  }

  duckdb::ClientContext& context_;
  duckdb::LogicalAggregate& original_;
  const idx_t partial_group_, partial_aggregate_, final_group_, final_aggregate_, groupings_;
  duckdb::vector<ExpressionPtr> partials_, finals_, final_groups_;
  SplitAggregate result_;
};

}  // namespace

bool HasPartials(const duckdb::LogicalAggregate& op) {
  for (const auto& expression : op.expressions) {
    if (MergeOf(expression->Cast<BoundAggregateExpression>()) == Merge::kNone) return false;
  }
  return true;
}

SplitAggregate SplitIntoHalves(duckdb::ClientContext& context, duckdb::LogicalAggregate& op,
                               const std::function<idx_t()>& new_table_index) {
  return Splitter(context, op, new_table_index).Run();
}

}  // namespace skein
