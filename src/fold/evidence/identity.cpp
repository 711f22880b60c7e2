#include "fold/evidence/identity.hpp"

namespace trawl::fold {

IdentityReader::IdentityReader(const EvidencePositions& columns, const ViewReader::Views& views)
    : entity_(views[columns.entity]),
      source_(ViewReader::at(views, columns.source)),
      id_(ViewReader::at(views, columns.id)) {}

void IdentityReader::hashes(RowSpan rows, std::span<const std::uint64_t> entities,
                            std::span<const std::uint64_t> sources, std::span<std::uint64_t> out) {
  id_.words(rows, out);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[i] = quick_hash(static_cast<std::int64_t>(out[i] + entities[i] * 0x9e3779b97f4a7c15 +
                                                  sources[i] * 0xd1342543de82ef95));
  }
}

void IdentityMarker::add(const GroupRef& group, std::span<const std::uint64_t> matches,
                         core::ColumnSource& columns) {
  if (none(matches)) return;
  ViewReader reader(group, columns);
  for (const auto& position :
       {EvidencePositions::Position(columns_.entity), columns_.source, columns_.id})
    reader.read(position, matches);
  IdentityReader identity(columns_, reader.views());
  PerRow<std::uint32_t> kept;
  PerRow<std::uint64_t> entities, sources, hashes;
  for_each_block(matches, [&](RowSpan rows) {
    if (identity.has_nulls())
      rows = filter(rows, kept, [&](std::uint32_t row) { return identity.is_whole(row); });
    identity.entity().words(rows, entities);
    identity.source().words(rows, sources);
    identity.hashes(rows, entities, sources, hashes);
    const auto of_rows = std::span(hashes).first(rows.size());
    task_ == Task::mark ? screen_.mark(of_rows) : screen_.test(of_rows);
  });
}

}  // namespace trawl::fold
