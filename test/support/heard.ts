/**
 * Everything that a test file's Worker wrote to the console, held against every key, token, fingerprint and e-mail that
 * went over a wire meanwhile (OBS-1): those of known forms anywhere, others by the member that they were sent under.
 */

/** What nobody may write down, by its form. */
const FORMS: Readonly<Record<string, RegExp>> = {
  "license key": /\b[0-9A-F]{6}(?:-[0-9A-F]{6}){5}\b/,
  "access token": /\blh_[a-z]+_[\w-]{16,}/,
  "webhook secret": /\bwhsec_[\w+/=-]{16,}/,
  "signed token": /\beyJ[\w-]{8,}\.[\w-]+/,
  "e-mail address": /[\w.+%-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b/i,
  "private key": /PRIVATE KEY|"d":"/,
};

/** Members whose values are nobody's to write down. */
const MEMBERS =
  /"(activationCode|email|fingerprint|firstFingerprint|key|licenseKey|licenseToken|token|activationToken|userHash)":"((?:[^"\\]|\\.){6,300})"/g;
/** What stands between the words of a line. */
const BETWEEN = /[\s"'`,;:(){}[\]<>=\\]+/;
/** Words of prose, which lines may hold, and a fingerprint of the tests may be too. */
const PROSE = /^[A-Za-z]{1,24}$/;

export class Ears {
  readonly #lines: string[] = [];
  /** By value: the member that it was sent under. */
  readonly #values = new Map<string, string>();
  readonly #named: ReadonlyMap<string, string>;

  /** `named`: secrets by what they are called. */
  constructor(named: Readonly<Record<string, string>> = {}) {
    this.#named = new Map(Object.entries(named).map(([name, value]) => [value, name]));
  }

  get lines(): number {
    return this.#lines.length;
  }

  hear(words: readonly unknown[]): void {
    this.#lines.push(words.map(textOf).join(" "));
  }

  /** What is sent and answered, as JSON. */
  note(json: string): void {
    // A line's own `key` is the id of one.
    if (json.startsWith('{"level":')) return;
    for (const [, member = "", value = ""] of json.matchAll(MEMBERS))
      if (!PROSE.test(value)) this.#values.set(value, member);
  }

  /** One sentence for each line that holds what it may not. */
  leaks(): readonly string[] {
    const ofOneWord = new Map([...this.#values].filter(([value]) => !BETWEEN.test(value)));
    const ofMore = [...this.#values].filter(([value]) => BETWEEN.test(value));
    return this.#lines.flatMap((line) => {
      const form = Object.entries(FORMS).find(([, pattern]) => pattern.test(line))?.[0];
      const word = line.split(BETWEEN).find((each) => ofOneWord.has(each));
      const found =
        form ??
        [...this.#named].find(([value]) => line.includes(value))?.[1] ??
        (word === undefined ? undefined : ofOneWord.get(word)) ??
        ofMore.find(([value]) => line.includes(value))?.[1];
      return found === undefined ? [] : [`a line of the log holds a ${found}: ${line.slice(0, 500)}`];
    });
  }
}

/** An error with what only a debugger shows of it: the query and its parameters, causes. */
function textOf(word: unknown): string {
  if (!(word instanceof Error)) return typeof word === "string" ? word : (JSON.stringify(word) ?? String(word));
  const { cause, ...own } = word;
  return [word.stack ?? word.message, JSON.stringify(own), cause === undefined ? "" : textOf(cause)].join(" ");
}

/** Of this test file. */
let ears: Ears | null = null;

/** From now on all that is written to the console is heard; `quiet` lines are not printed. */
export function startHearing(named: Readonly<Record<string, string>>, quiet: (line: string) => boolean): Ears {
  const mine = new Ears(named);
  ears = mine;
  for (const level of ["log", "info", "warn", "error", "debug"] as const) {
    const print = console[level];
    console[level] = (...words: readonly unknown[]) => {
      mine.hear(words);
      if (!quiet(String(words[0]))) print(...words);
    };
  }
  const { stringify } = JSON;
  JSON.stringify = (...given: [unknown]) => {
    const json: unknown = Reflect.apply(stringify, JSON, given);
    if (typeof json === "string") mine.note(json);
    return json as string;
  };
  return mine;
}

/** Where a test keeps lines from being printed. */
export function hear(words: readonly unknown[]): void {
  ears?.hear(words);
}
