/** What `npm start` shows of the Worker's log: a short line for a person in place of each line of JSON (OBS-1). */

/** `wrangler dev` tells of each request too, with its whole path; ours says more. */
const OF_WRANGLER = /^\[wrangler:info\] [A-Z]+ \S+ \d{3} .*\(\d+ms\)$/;
// oxlint-disable-next-line no-control-regex -- the colours of a terminal
const COLOURS = /\u001B\[\d+(;\d+)*m/g;
/** How `wrangler dev` frames a line of level `error` or `warn`; two empty lines come after it. */
const FRAME = /^[^\w{]*\[(?:ERROR|WARNING)\] (?=\{"level":)/;
const AROUND: ReadonlySet<string> = new Set(["level", "time", "what", "requestId"]);

/** Takes output as it comes, in any pieces, and gives whole lines to be shown. */
export class ReadableLog {
  #rest = "";
  /** The last line had wrangler's frame: the empty ones after it are a part of that. */
  #isFramed = false;

  /** Ends in a newline, unless it is empty. */
  take(text: string): string {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines
      .flatMap((line) => this.#readable(line))
      .map((line) => `${line}\n`)
      .join("");
  }

  /** What has not come to its end yet. */
  end(): string {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? "" : this.#readable(rest).join("\n");
  }

  #readable(line: string): readonly string[] {
    const plain = line.replace(COLOURS, "");
    if (OF_WRANGLER.test(plain) || (this.#isFramed && plain === "")) return [];
    const bare = plain.replace(FRAME, "");
    this.#isFramed = bare !== plain;
    const said = parsed(bare);
    return said === null ? [line] : readable(said);
  }
}

function readable(said: Readonly<Record<string, unknown>>): readonly string[] {
  const time = String(said["time"]).slice(11, 19);
  const { what, method, route, status, ms, code, ...others } = said;
  if (what === "request") {
    const ended = [method, route ?? "(no route)", status, `${String(ms)} ms`, code];
    return [[time, ...ended].filter((part) => part !== null && part !== undefined).join(" ")];
  }
  const facts = Object.entries(others)
    .filter(([name]) => !AROUND.has(name))
    .map(([name, fact]) => `${name}=${String(fact)}`);
  return [
    [time, `${String(said["level"])}:`, what, ...facts, `(${String(said["requestId"] ?? said["eventId"])})`].join(" "),
  ];
}

/** Null: it is no line of the Worker's log. */
function parsed(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith('{"level":')) return null;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}
