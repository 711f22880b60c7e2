#include "core/scan/compile.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "core/scan/block_steps.hpp"
#include "core/scan/sketch_step.hpp"

namespace trawl::core::scan {
namespace {

bool is_column(const Term& term) {
  return term.kind == Term::Kind::column;
}
bool is_literal(const Term& term) {
  return term.kind == Term::Kind::literal;
}

ColumnRef column_ref(const Term& term, const Schema& schema) {
  const ColumnSchema& column = schema[term.column];
  return {term.column, column.name, column.lane};
}

// The same with what is known of its values.
ColumnRef column_ref(const Term& term, const Context& context) {
  ColumnRef column = column_ref(term, context.schema);
  if (term.column < context.options.distinct.size())
    column.distinct = context.options.distinct[term.column];
  return column;
}

// A condition that one range kernel answers.
struct RangeCondition {
  const Term* column;
  Range range;
  bool flipped;
};

template <class Bounds>
std::optional<Range> bounds_of(Compare op, const Value& literal, const Bounds& bounds) {
  if (const auto* integer = std::get_if<std::int64_t>(&literal)) return bounds(op, *integer);
  if (const auto* real = std::get_if<double>(&literal)) return bounds(op, *real);
  if (const auto* boolean = std::get_if<bool>(&literal)) return bounds(op, std::int64_t{*boolean});
  return std::nullopt;
}

std::optional<RangeCondition> comparison_range(const Condition& condition) {
  const bool literal_left = is_literal(condition.terms[0]);
  const Term& column = condition.terms[literal_left ? 1 : 0];
  const Term& literal = condition.terms[literal_left ? 0 : 1];
  if (!is_column(column) || !is_literal(literal) || is_text(column.type)) return std::nullopt;
  const Compare op = literal_left ? mirrored(condition.compare) : condition.compare;
  const auto range = column.type == Type::float64
                         ? bounds_of(op, literal.literal,
                                     [](Compare o, auto x) -> Range { return reals_where(o, x); })
                         : bounds_of(op, literal.literal, [](Compare o, auto x) -> Range {
                             return integers_where(o, x);
                           });
  if (!range) return std::nullopt;
  return RangeCondition{&column, *range, op == Compare::ne};
}

std::optional<RangeCondition> as_range(const Condition& condition) {
  if (condition.kind == Condition::Kind::compare) return comparison_range(condition);
  if (condition.kind == Condition::Kind::boolean && is_column(condition.terms[0])) {
    return RangeCondition{&condition.terms[0], IntegerRange{0, 0}, true};
  }
  if (condition.kind == Condition::Kind::negation) {
    auto inner = as_range(condition.operands[0]);
    if (inner) inner->flipped = !inner->flipped;
    return inner;
  }
  return std::nullopt;
}

// A sketch says nothing of NULLs, so it answers only where they count as no or cannot be.
StepPtr with_sketch(StepPtr exact, const Term& column, SketchQuestion question,
                    const Context& context, Mode mode) {
  const bool decides = !mode.ask_unknown && !context.schema[column.column].nullable;
  if (!decides || !context.options.has_sketch(column.column)) return exact;
  return std::make_unique<SketchedStep>(column_ref(column, context.schema), std::move(question),
                                        std::move(exact), context.options.paged);
}

SketchQuestion question_of(const Range& range) {
  return std::visit([](const auto& r) -> SketchQuestion { return r; }, range);
}

StepPtr range_step(const RangeCondition& range, const Context& context, Mode mode) {
  auto exact = std::make_unique<RangeStep>(column_ref(*range.column, context), range.range,
                                           range.flipped, mode.ask_unknown);
  if (range.flipped) return exact;
  return with_sketch(std::move(exact), *range.column, question_of(range.range), context, mode);
}

StepPtr category_step(const Condition& condition, std::size_t column, const Context& context,
                      Mode mode) {
  const ColumnSchema& schema = context.schema[column];
  CategoryAnswer answer = category_truths(condition, column, mode.negated, context);
  return std::make_unique<CategoryStep>(ColumnRef{column, schema.name, schema.lane},
                                        std::move(answer.exact), std::move(answer.screened),
                                        mode.ask_unknown);
}

NumberList list_of(const Condition& condition) {
  return condition.terms[0].type == Type::float64 ? real_list(condition.values)
                                                  : integer_list(condition.values);
}

// Conditions on the same column of a conjunction, joined: ranges intersected, categorical ones put
// into one table.
class Conjunction {
 public:
  Conjunction(const Context& context, Mode mode) : context_(context), mode_(mode) {}

  void add(const Condition& condition) {
    if (condition.kind == Condition::Kind::all_of) {
      for (const Condition& operand : condition.operands) add(operand);
    } else if (const auto column = only_category_column(condition, context_.schema)) {
      by_category_[*column].push_back(condition);
    } else if (const auto range = as_range(condition); range && !range->flipped) {
      add_range(*range);
    } else {
      StepPtr step = compile(condition, context_, mode_);
      if (condition.kind == Condition::Kind::in_list && is_column(condition.terms[0]) &&
          !is_text(condition.terms[0].type)) {
        add_screen(condition.terms[0], list_of(condition), *step);
      }
      steps_.push_back(std::move(step));
    }
  }

  std::vector<StepPtr> steps() {
    for (const auto& [column, range] : ranges_) {
      StepPtr step = range_step(range, context_, mode_);
      add_screen(*range.column, question_of(range.range), *step);
      steps_.push_back(std::move(step));
    }
    for (auto& [column, conditions] : by_category_) {
      Condition all;
      all.kind = Condition::Kind::all_of;
      all.operands = std::move(conditions);
      steps_.push_back(category_step(all, column, context_, mode_));
    }
    return std::move(steps_);
  }

 private:
  // All sketches of a conjunction reject rows before any values are read.
  void add_screen(const Term& column, SketchQuestion question, const Step& exact) {
    if (mode_.ask_unknown || !context_.options.has_sketch(column.column)) return;
    double pass = exact.estimate().pass;
    std::uint32_t codes = 256;
    const auto& samples = context_.options.samples;
    if (column.column < samples.size() && samples[column.column]) {
      codes = samples[column.column]->codes();
      double found = 0;
      for (const auto& [first, last] : ask(*samples[column.column], question).maybe)
        found += last - first + 1;
      pass = found / codes;
    }
    steps_.push_back(std::make_unique<SketchStep>(column_ref(column, context_.schema),
                                                  std::move(question), pass, codes));
  }

  void add_range(const RangeCondition& range) {
    const auto [known, is_new] = ranges_.try_emplace(range.column->column, range);
    if (is_new) return;
    Range& joined = known->second.range;
    joined = std::visit(
        [&](const auto& mine) -> Range {
          return intersect(mine, std::get<std::decay_t<decltype(mine)>>(range.range));
        },
        joined);
  }

  const Context& context_;
  Mode mode_;
  std::vector<StepPtr> steps_;
  std::map<std::size_t, RangeCondition> ranges_;
  std::map<std::size_t, std::vector<Condition>> by_category_;
};

StepPtr compile_all(const Condition& condition, const Context& context, Mode mode) {
  Conjunction conjunction(context, mode);
  conjunction.add(condition);
  std::vector<StepPtr> steps = conjunction.steps();
  if (steps.size() == 1) return std::move(steps[0]);
  return std::make_unique<AllStep>(std::move(steps));
}

StepPtr compile_any(const Condition& condition, const Context& context, Mode mode) {
  std::vector<StepPtr> steps;
  for (const Condition& operand : condition.operands)
    steps.push_back(compile(operand, context, mode));
  return std::make_unique<AnyStep>(std::move(steps));
}

bool has_null_literal(const Condition& condition) {
  return std::any_of(condition.terms.begin(), condition.terms.end(),
                     [](const Term& t) { return is_literal(t) && is_null(t.literal); });
}

// Text conditions that are not about one categorical column only.
StepPtr compile_text(const Condition& condition, const Context& context, Mode mode) {
  const auto& terms = condition.terms;
  if (has_null_literal(condition)) {
    const bool asks_null = condition.kind == Condition::Kind::is_null;
    return std::make_unique<ConstantStep>(asks_null ? Truth::yes : Truth::unknown);
  }
  if (condition.kind == Condition::Kind::is_null && is_literal(terms[0]))
    return std::make_unique<ConstantStep>(Truth::no);
  if (terms.size() == 2 && is_column(terms[0]) && is_column(terms[1])) {
    return std::make_unique<TextPairStep>(column_ref(terms[0], context.schema), condition.compare,
                                          column_ref(terms[1], context.schema), mode.ask_unknown);
  }
  const bool otherwise_unknown =
      condition.kind == Condition::Kind::in_list && condition.list_has_null;
  const Term& subject = terms.size() == 2 && is_literal(terms[0]) ? terms[1] : terms[0];
  if (is_literal(subject)) {  // no column at all
    const bool yes = text_test(condition)->passes(std::get<std::string>(subject.literal));
    return std::make_unique<ConstantStep>(yes                 ? Truth::yes
                                          : otherwise_unknown ? Truth::unknown
                                                              : Truth::no);
  }
  return std::make_unique<TextStep>(column_ref(subject, context.schema), text_test(condition),
                                    otherwise_unknown, mode.ask_unknown);
}

KeyAnswer key_answer(const Condition& condition, const Context& context, Mode mode) {
  const KeySet* keys = context.keys[condition.keys];
  const bool filters = uses_filter(*keys, context.options);
  const bool screens = (filters || keys->checked_late()) && !mode.negated;
  return {keys, condition.keys, filters, screens};
}

StepPtr compile_keys(const Condition& condition, const Context& context, Mode mode) {
  const Term& term = condition.terms[0];
  const KeyAnswer answer = key_answer(condition, context, mode);
  if (is_column(term)) {
    ColumnRef column = column_ref(term, context.schema);
    if (is_text(term.type))
      return std::make_unique<TextKeyStep>(std::move(column), answer, mode.ask_unknown);
    return std::make_unique<IntegerKeyStep>(std::move(column), answer, mode.ask_unknown);
  }
  return std::make_unique<TermKeyStep>(compile_expression(term, context.schema), answer,
                                       mode.ask_unknown, may_be_undecidable(term));
}

StepPtr compile_list(const Condition& condition, const Context& context, Mode mode) {
  const Term& term = condition.terms[0];
  if (is_column(term)) {
    auto exact = std::make_unique<ListStep>(column_ref(term, context), list_of(condition),
                                            condition.list_has_null, mode.ask_unknown);
    return with_sketch(std::move(exact), term, list_of(condition), context, mode);
  }
  return std::make_unique<TermListStep>(compile_expression(term, context.schema), condition.values,
                                        condition.list_has_null, mode.ask_unknown,
                                        may_be_undecidable(term));
}

// Leaves on numbers, times and booleans.
StepPtr compile_number(const Condition& condition, const Context& context, Mode mode) {
  if (const auto range = as_range(condition)) return range_step(*range, context, mode);
  const Term& term = condition.terms[0];
  switch (condition.kind) {
    case Condition::Kind::in_list:
      return compile_list(condition, context, mode);
    case Condition::Kind::is_null:
      if (is_column(term)) return std::make_unique<NullStep>(column_ref(term, context.schema));
      return std::make_unique<TermNullStep>(compile_expression(term, context.schema),
                                            may_be_undecidable(term));
    default:
      break;
  }
  // A comparison of computed terms; a boolean literal by itself is one with TRUE.
  Term yes;
  yes.type = Type::boolean;
  yes.literal = true;
  const Term& right = condition.kind == Condition::Kind::compare ? condition.terms[1] : yes;
  const Compare op = condition.kind == Condition::Kind::compare ? condition.compare : Compare::eq;
  return std::make_unique<CompareStep>(compile_expression(term, context.schema), op,
                                       compile_expression(right, context.schema), mode.ask_unknown,
                                       may_be_undecidable(condition));
}

StepPtr compile_leaf(const Condition& condition, const Context& context, Mode mode) {
  if (condition.kind == Condition::Kind::constant)
    return std::make_unique<ConstantStep>(condition.truth);
  if (condition.kind == Condition::Kind::in_keys) return compile_keys(condition, context, mode);
  if (condition.kind == Condition::Kind::is_null && is_column(condition.terms[0])) {
    return std::make_unique<NullStep>(column_ref(condition.terms[0], context.schema));
  }
  const bool on_text = std::any_of(condition.terms.begin(), condition.terms.end(),
                                   [](const Term& t) { return is_text(t.type); });
  return on_text ? compile_text(condition, context, mode)
                 : compile_number(condition, context, mode);
}

}  // namespace

StepPtr compile(const Condition& condition, const Context& context, Mode mode) {
  if (condition.kind != Condition::Kind::is_null) {
    if (const auto column = only_category_column(condition, context.schema)) {
      return category_step(condition, *column, context, mode);
    }
  }
  if (const auto range = as_range(condition)) return range_step(*range, context, mode);
  switch (condition.kind) {
    case Condition::Kind::all_of:
      return compile_all(condition, context, mode);
    case Condition::Kind::any_of:
      return compile_any(condition, context, mode);
    case Condition::Kind::negation:
      return std::make_unique<NotStep>(
          compile(condition.operands[0], context, {.negated = true, .ask_unknown = true}));
    default:
      return compile_leaf(condition, context, mode);
  }
}

}  // namespace trawl::core::scan
