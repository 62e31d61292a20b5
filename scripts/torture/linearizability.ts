/**
 * Whether a concurrent history could have happened one call after another (Herlihy and Wing): a depth-first search in
 * the manner of Wing and Gong that remembers what it has tried, a set of calls done and a state (Lowe). It knows
 * nothing of licenses.
 */

/** A call of a history. Positions are places in one common order of all sendings and answers. */
export interface Call<Op> {
  readonly op: Op;
  readonly sent: number;
  /** Null = never answered: it may have taken effect at any time after it was sent, or never. */
  readonly answered: number | null;
}

/** The sequential object. States are never changed, only replaced. */
export interface Model<State, Op> {
  readonly initial: State;
  /** Every state that may follow if `op` takes effect now and is answered as it was; none = impossible. */
  step(state: State, op: Op): readonly State[];
  /** The same text for states that nothing can tell apart. */
  key(state: State): string;
}

export type Verdict<Op> =
  | { readonly kind: "linearizable"; readonly order: readonly Op[] }
  /** `order` is as far as any order came, `next` are the calls of which one had to follow. */
  | { readonly kind: "impossible"; readonly order: readonly Op[]; readonly next: readonly Op[] }
  /** The search was given up. */
  | { readonly kind: "undecided" };

const MOST_STEPS = 2_000_000;

export function linearize<State, Op>(model: Model<State, Op>, history: readonly Call<Op>[]): Verdict<Op> {
  return new Search(model, history).run();
}

class Search<State, Op> {
  readonly #model: Model<State, Op>;
  readonly #calls: readonly Call<Op>[];
  readonly #done: boolean[];
  readonly #tried = new Set<string>();
  readonly #order: Op[] = [];
  #unanswered = 0;
  #steps = 0;
  #longest: readonly Op[] = [];
  #stuckAt: readonly Op[] = [];

  constructor(model: Model<State, Op>, history: readonly Call<Op>[]) {
    this.#model = model;
    // Whoever was answered first goes first: mostly that is the order in which it happened.
    this.#calls = history.toSorted((one, other) => endOf(one) - endOf(other));
    this.#done = this.#calls.map(() => false);
    this.#unanswered = history.filter(({ answered }) => answered !== null).length;
  }

  run(): Verdict<Op> {
    if (this.#follow(this.#model.initial)) return { kind: "linearizable", order: this.#order };
    if (this.#steps > MOST_STEPS) return { kind: "undecided" };
    return { kind: "impossible", order: this.#longest, next: this.#stuckAt };
  }

  /** True if everything that was answered and is not done yet can follow. */
  #follow(state: State): boolean {
    if (this.#unanswered === 0) return true;
    const key = `${this.#doneKey()}|${this.#model.key(state)}`;
    if (this.#tried.has(key)) return false;
    this.#tried.add(key);
    const candidates = this.#candidates();
    for (const index of candidates) if (this.#take(index, state)) return true;
    if (this.#order.length >= this.#longest.length) {
      this.#longest = [...this.#order];
      this.#stuckAt = candidates.flatMap((index) => this.#calls[index]?.op ?? []);
    }
    return false;
  }

  #take(index: number, state: State): boolean {
    const call = this.#calls[index];
    if (call === undefined) return false;
    const answered = call.answered === null ? 0 : 1;
    this.#done[index] = true;
    this.#unanswered -= answered;
    this.#order.push(call.op);
    for (const next of this.#model.step(state, call.op)) {
      this.#steps += 1;
      if (this.#steps > MOST_STEPS) break;
      if (this.#follow(next)) return true;
    }
    this.#order.pop();
    this.#unanswered += answered;
    this.#done[index] = false;
    return false;
  }

  /** Who may be next: whoever was sent before the first answer among those that are left. */
  #candidates(): number[] {
    const left = [...this.#calls.keys()].filter((index) => this.#done[index] !== true);
    const firstAnswer = Math.min(...left.map((index) => endOf(this.#calls[index])));
    return left.filter((index) => (this.#calls[index]?.sent ?? Infinity) < firstAnswer);
  }

  #doneKey(): string {
    return this.#done.map((isDone) => (isDone ? "1" : "0")).join("");
  }
}

function endOf(call: Call<unknown> | undefined): number {
  return call?.answered ?? Infinity;
}
