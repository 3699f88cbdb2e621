// The Markdown that scripts/conformance.mjs writes: from its results to tables between markers.

/** Text with what stands between `<!-- marker -->` and `<!-- /marker -->` replaced. */
export function between(text, marker, content) {
  const [open, close] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`conformance: no ${open} … ${close} to write into`);
  return `${text.slice(0, start + open.length)}\n\n${content}\n\n${text.slice(end)}`;
}

const row = (cells) => `| ${cells.join(" | ")} |`;

/** Markdown; the first column to the left, all others to the right. */
export function table(head, rows) {
  return [row(head), row(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(row)].join(
    "\n",
  );
}

/** Families by implementations: the worst error as a part of its bound. */
export function conformanceTable({ implementations }) {
  const columns = Object.values(implementations);
  const results = columns.flatMap(({ families }) => families);
  const names = [...new Set(results.map(({ family }) => family))];
  const families = names.flatMap((name) => {
    const dtypes = results.flatMap(({ family, dtype }) => (family === name ? dtype : []));
    return [...new Set(dtypes)]
      .sort()
      .reverse()
      .map((dtype) => `${name} ${dtype}`);
  });
  const cell = (column, key) => {
    const found = column.families.find(({ family, dtype }) => `${family} ${dtype}` === key);
    if (!found) return "–";
    return found.faults.length > 0 ? `**${found.faults.length} faults**` : found.worst.toFixed(2);
  };
  const rows = families.map((key) => {
    const [family, dtype] = key.split(" ");
    return [`\`${family}\``, dtype, ...columns.map((column) => cell(column, key))];
  });
  const total = (f) => ["", ...columns.map(f)];
  return table(
    ["family", "dtype", ...columns.map(({ title }) => title)],
    [
      ...rows,
      ["runs", ...total(({ families }) => families.reduce((sum, { runs }) => sum + runs, 0))],
      ["pipelines compiled", ...total(({ compiled, variants }) => `${compiled} of ${variants}`)],
      ["lanes of a subgroup", ...total(({ subgroupSize }) => subgroupSize || "not used")],
      ["seconds", ...total(({ seconds }) => seconds)],
      ["date", ...total(({ date }) => date)],
    ],
  );
}

/** Barriers by kernel: by what each one's absence is seen. */
export function barrierTable({ barriers }) {
  const kernels = [...new Set(barriers.map(({ kernel }) => kernel))];
  const rows = kernels.map((kernel) => {
    const own = barriers.filter((barrier) => barrier.kernel === kernel);
    const lines = (how) =>
      own
        .filter(({ caughtBy }) => caughtBy === how)
        .map(({ line }) => line)
        .join(", ") || "–";
    return [
      `\`${kernel}\``,
      own[0].shader,
      lines("detectRaces"),
      lines("values"),
      lines("nothing"),
    ];
  });
  return table(["kernel", "shader", "a race", "wrong values", "nothing"], rows);
}
