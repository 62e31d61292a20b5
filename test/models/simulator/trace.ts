/** The last steps of one license, kept as they are and written down only if somebody wants to read them. */

const KEPT = 40;
const LONGEST = 420;

interface Line {
  readonly step: number;
  readonly at: number;
  readonly what: string;
  readonly asked: unknown;
  /** Void while nothing is known. */
  answered: unknown;
}

export class Trace {
  readonly #lines: Line[] = [];
  #count = 0;

  note(step: number, at: number, what: string, asked: unknown = null): Line {
    const line = { step, at, what, asked, answered: undefined };
    this.#lines[this.#count % KEPT] = line;
    this.#count += 1;
    return line;
  }

  lines(): readonly string[] {
    const from = this.#count % KEPT;
    return [...this.#lines.slice(from), ...this.#lines.slice(0, from)].map(written);
  }
}

function written({ step, at, what, asked, answered }: Line): string {
  const asking = asked === null ? [] : [text(asked)];
  const answer = answered === undefined ? [] : [`-> ${answered === null ? "no answer" : text(answered)}`];
  return [String(step).padStart(9), new Date(at).toISOString(), what, ...asking, ...answer].join("  ");
}

function text(part: unknown): string {
  const whole = JSON.stringify(part);
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST)}...` : whole;
}
