#include "planner/aggregate_splitter.h"

#include <cmath>

#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "engine/histogram_merge.h"
#include "engine/quantile_digest.h"
#include "engine/scalar_functions.h"
#include "engine/state_aggregates.h"
#include "planner/aggregate_binder.h"

namespace skein::core {
namespace {

using duckdb::BoundAggregateExpression;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::PhysicalType;
using ExpressionPtr = duckdb::unique_ptr<duckdb::Expression>;

class Splitter {
 public:
  Splitter(duckdb::ClientContext& context, duckdb::LogicalAggregate& original,
           const std::function<idx_t()>& new_table_index, DistinctCut cut)
      : context_(context),
        binder_(context),
        original_(original),
        cut_(cut),
        partial_group_(new_table_index()),
        partial_aggregate_(new_table_index()),
        final_group_(new_table_index()),
        final_aggregate_(new_table_index()),
        groupings_(new_table_index()),
        final_groupings_(new_table_index()) {}

  SplitAggregate Run() {
    original_.ResolveOperatorTypes();
    result_.restore = duckdb::make_uniq<LogicalRestore>();
    result_.restore->bindings = original_.GetColumnBindings();
    result_.restore->output_types = original_.types;
    AddGroups();
    AddDistinctValue();
    for (auto& expression : original_.expressions) AddAggregate(expression->Cast<BoundAggregateExpression>());
    AddGroupings();
    Assemble();
    return std::move(result_);
  }

 private:
  void AddGroups() {
    for (idx_t i = 0; i < original_.groups.size(); i++) {
      const auto type = original_.groups[i]->return_type;
      final_groups_.push_back(Column(type, partial_group_, i));
      final_groups_.back()->SetAlias(original_.groups[i]->GetName());
      result_.restore->expressions.push_back(Column(type, final_group_, i));
    }
  }

  bool has_grouping_sets() const { return original_.grouping_sets.size() > 1; }

  // The partial half groups by each set. The final half groups by the columns of all sets and, for NULLs that stand for
  // a column that is not in the set, by the set: GROUPING() of all columns names it.
  void AddGroupings() {
    const auto count = original_.grouping_functions.size();
    for (idx_t i = 0; i < count; i++) {
      AddRestored(Column(LogicalType::BIGINT, final_group_, final_groups_.size()));
      final_groups_.push_back(Column(LogicalType::BIGINT, groupings_, i));
    }
    if (!has_grouping_sets()) return;
    duckdb::unsafe_vector<idx_t> all_groups;
    for (idx_t i = 0; i < original_.groups.size(); i++) all_groups.push_back(i);
    original_.grouping_functions.push_back(std::move(all_groups));
    final_groups_.push_back(Column(LogicalType::BIGINT, groupings_, count));
  }

  // Makes it the last group of the partial half.
  void AddDistinctValue() {
    const auto* argument = cut_ == DistinctCut::kByValue ? DistinctArgumentOf(original_) : nullptr;
    if (argument == nullptr) return;
    const auto position = original_.groups.size();
    result_.distinct_value = Column(argument->return_type, partial_group_, position);
    result_.distinct_value->SetAlias(argument->GetName());
    partial_groups_.push_back(argument->Copy());
  }

  void AddAggregate(BoundAggregateExpression& aggregate) {
    const auto& name = aggregate.function.name;
    switch (MergeOf(aggregate, cut_)) {
      case Merge::kSum:
        return AddSum(aggregate);
      case Merge::kAverage:
        return AddAverage(aggregate);
      case Merge::kFirst:
        return AddFirst(aggregate);
      case Merge::kArgument:
        return AddArgument(aggregate);
      case Merge::kState:
        return AddRestored(
            AddFinal(FinalStateName(name), AddPartial(binder_.Rebind(PartialStateName(name), aggregate))));
      case Merge::kDigest:
        return AddRestored(AddFinal(FinalDigest(aggregate, AddPartial(PartialDigest(aggregate)))));
      case Merge::kHistogram:
        return AddRestored(AddFinal(kMergeHistograms, AddPartial(aggregate.Copy())));
      case Merge::kCombined: {
        const auto combine = CombineStateName(NameOfFinalState(name));
        return AddRestored(AddFinal(name, AddPartial(binder_.Rebind(combine, aggregate))));
      }
      case Merge::kWhole:
        return AddWhole(aggregate);
      default:
        return AddRestored(AddFinal(name, AddPartial(aggregate.Copy())));
    }
  }

  void AddSum(BoundAggregateExpression& aggregate) {
    const auto& type = aggregate.return_type;
    auto sum =
        duckdb::BoundCastExpression::AddCastToType(context_, AddFinal("sum", AddPartial(aggregate.Copy())), type);
    const bool is_count = aggregate.function.name == "count" || aggregate.function.name == "count_star";
    // Partials by value are none where there are no rows, but a count of no rows is 0.
    if (!is_count || !result_.distinct_value || !original_.groups.empty()) return AddRestored(std::move(sum));
    auto count = duckdb::make_uniq<duckdb::BoundOperatorExpression>(duckdb::ExpressionType::OPERATOR_COALESCE, type);
    count->children.push_back(std::move(sum));
    count->children.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::Numeric(type, 0)));
    AddRestored(std::move(count));
  }

  // A partial that saw no row has nothing to say: its NULL is not the first row's.
  void AddFirst(BoundAggregateExpression& aggregate) {
    ExpressionPtr saw_rows;
    if (original_.groups.empty() || has_grouping_sets() || aggregate.filter) {
      auto count = AddPartial(binder_.Bind("count_star", {}, aggregate));
      saw_rows = duckdb::make_uniq<duckdb::BoundComparisonExpression>(
          duckdb::ExpressionType::COMPARE_GREATERTHAN, std::move(count),
          duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::BIGINT(0)));
    }
    auto merged = binder_.Bind(aggregate.function.name, AddPartial(aggregate.Copy()));
    merged->Cast<BoundAggregateExpression>().filter = std::move(saw_rows);
    AddRestored(AddFinal(std::move(merged)));
  }

  // The value that each task's argument was found at: of the rows that the aggregate looks at.
  void AddArgument(BoundAggregateExpression& aggregate) {
    const auto& name = aggregate.function.name;
    duckdb::vector<ExpressionPtr> value;
    value.push_back(aggregate.children[1]->Copy());
    auto filter = aggregate.filter ? aggregate.filter->Copy() : nullptr;
    if (!KeepsNullArguments(name)) {
      auto is_there = duckdb::make_uniq<duckdb::BoundOperatorExpression>(duckdb::ExpressionType::OPERATOR_IS_NOT_NULL,
                                                                         LogicalType::BOOLEAN);
      is_there->children.push_back(aggregate.children[0]->Copy());
      filter = And(std::move(filter), std::move(is_there));
    }
    duckdb::vector<ExpressionPtr> partials;
    partials.push_back(AddPartial(aggregate.Copy()));
    partials.push_back(AddPartial(
        binder_.Bind(ExtremeOf(name), std::move(value), std::move(filter), duckdb::AggregateType::NON_DISTINCT)));
    AddRestored(AddFinal(binder_.Bind(name, std::move(partials), nullptr, duckdb::AggregateType::NON_DISTINCT)));
  }

  static bool KeepsNullArguments(const std::string& name) { return name.ends_with("_null"); }

  static ExpressionPtr And(ExpressionPtr left, ExpressionPtr right) {
    if (!left) return right;
    return duckdb::make_uniq<duckdb::BoundConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_AND,
                                                                 std::move(left), std::move(right));
  }

  void AddWhole(BoundAggregateExpression& aggregate) {
    auto whole = aggregate.Copy();
    whole->Cast<BoundAggregateExpression>().children[0] = result_.distinct_value->Copy();
    AddRestored(AddFinal(std::move(whole)));
  }

  void AddAverage(BoundAggregateExpression& aggregate) {
    const auto type = aggregate.children[0]->return_type;
    auto sum = AddPartial(binder_.Rebind("sum", aggregate));
    auto count = AddPartial(binder_.Rebind("count", aggregate));
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
    return AddFinal(binder_.Bind(name, std::move(partial)));
  }

  // Adds an aggregate to the final half and returns its column there.
  ExpressionPtr AddFinal(ExpressionPtr aggregate) {
    const auto type = aggregate->return_type;
    finals_.push_back(std::move(aggregate));
    return Column(type, final_aggregate_, finals_.size() - 1);
  }

  void AddRestored(ExpressionPtr expression) { result_.restore->expressions.push_back(std::move(expression)); }

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
    for (auto& group : partial_groups_) {
      partial.groups.push_back(std::move(group));
      partial.group_stats.push_back(nullptr);
      partial.distinct_validity = duckdb::TupleDataValidityType::CAN_HAVE_NULL_VALUES;
    }
    partial.children = std::move(original_.children);
    partial.SetEstimatedCardinality(cardinality);
    result_.final = duckdb::make_uniq<duckdb::LogicalAggregate>(final_group_, final_aggregate_, std::move(finals_));
    auto& final = *result_.final;
    final.groupings_index = final_groupings_;
    final.groups = std::move(final_groups_);
    final.group_stats = std::move(original_.group_stats);
    final.distinct_validity = duckdb::TupleDataValidityType::CAN_HAVE_NULL_VALUES;
    final.SetEstimatedCardinality(cardinality);
    result_.restore->SetEstimatedCardinality(cardinality);
    partial.grouping_sets = original_.grouping_sets;
    partial.grouping_functions = std::move(original_.grouping_functions);
    for (auto& set : partial.grouping_sets) {
      if (result_.distinct_value) set.insert(partial.groups.size() - 1);  // the last of its groups
    }
    final.grouping_sets = std::move(original_.grouping_sets);
    if (final.groups.size() == final.group_stats.size()) return;
    // A column that is not in a set is NULL, which its statistics do not know.
    final.group_stats.clear();
    final.group_stats.resize(final.groups.size());
    final.grouping_sets.assign(1, {});
    for (idx_t i = 0; i < final.groups.size(); i++) final.grouping_sets[0].insert(i);
  }

  duckdb::ClientContext& context_;
  AggregateBinder binder_;
  duckdb::LogicalAggregate& original_;
  const DistinctCut cut_;
  const idx_t partial_group_, partial_aggregate_, final_group_, final_aggregate_, groupings_, final_groupings_;
  duckdb::vector<ExpressionPtr> partials_, finals_, final_groups_;
  /// Groups of the partial half besides those of the original.
  duckdb::vector<ExpressionPtr> partial_groups_;
  SplitAggregate result_;
};

}  // namespace

bool HasPartials(const duckdb::LogicalAggregate& op, DistinctCut cut) {
  for (const auto& expression : op.expressions) {
    if (MergeOf(expression->Cast<BoundAggregateExpression>(), cut) == Merge::kNone) return false;
  }
  return true;
}

const duckdb::Expression* DistinctArgumentOf(const duckdb::LogicalAggregate& op) {
  const duckdb::Expression* argument = nullptr;
  for (const auto& expression : op.expressions) {
    const auto& aggregate = expression->Cast<BoundAggregateExpression>();
    if (!aggregate.IsDistinct()) continue;
    if (aggregate.children.size() != 1 || aggregate.children[0]->IsVolatile()) return nullptr;
    if (argument != nullptr && !argument->Equals(*aggregate.children[0])) return nullptr;
    argument = aggregate.children[0].get();
  }
  return argument;
}

SplitAggregate SplitIntoHalves(duckdb::ClientContext& context, duckdb::LogicalAggregate& op,
                               const std::function<idx_t()>& new_table_index, DistinctCut cut) {
  return Splitter(context, op, new_table_index, cut).Run();
}

}  // namespace skein::core
