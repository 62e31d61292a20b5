/** RFC 4180 as its readers read it, strictly: anything that it does not allow is an error. */

/** Records of fields; the text ends in a line end. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length) {
    const [field, end] = text[at] === '"' ? quoted(text, at + 1) : plain(text, at);
    record.push(field);
    if (text.startsWith("\r\n", end)) {
      records.push(record);
      record = [];
      at = end + 2;
    } else if (text[end] === ",") at = end + 1;
    else throw new Error(`at ${end} there is neither a comma nor a line end`);
    if (text[end] === "," && at === text.length) throw new Error("the text ends in a comma");
  }
  if (record.length > 0) throw new Error("the last line does not end");
  return records;
}

function plain(text: string, from: number): readonly [string, number] {
  const end = from + text.slice(from).search(/[",\r\n]|$/);
  return [text.slice(from, end), end];
}

function quoted(text: string, from: number): readonly [string, number] {
  let field = "";
  for (let at = from; ;) {
    const end = text.indexOf('"', at);
    if (end < 0) throw new Error(`the quote at ${from - 1} does not end`);
    field += text.slice(at, end);
    if (text[end + 1] !== '"') return [field, end + 1];
    field += '"';
    at = end + 2;
  }
}

/** The records by the names in the first one. */
export function csvTable(text: string): readonly Readonly<Record<string, string>>[] {
  const [head = [], ...records] = parseCsv(text);
  return records.map((record) => {
    if (record.length !== head.length) throw new Error(`a record has ${record.length} of ${head.length} fields`);
    return Object.fromEntries(head.map((name, column) => [name, record[column] ?? ""]));
  });
}
