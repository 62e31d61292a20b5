/**
 * Patterns of generated keys (KEY-1): the part of regular expressions whose matches all have one length, which is
 * literals, classes, groups and `{n}`, with or without anchors. A pattern is read into one set of characters per place
 * of the key, so that the choices of the places are independent and every key is as likely as any other.
 */

export type KeyPattern =
  | {
      readonly ok: true;
      /** For each character of the key those that it is chosen from, each once. */
      readonly places: readonly string[];
      /** Of choice: the sum of the places' logarithms. */
      readonly bits: number;
    }
  | { readonly ok: false; readonly detail: string };

const LONGEST_PATTERN = 256;
const LONGEST_KEY = 256;
const FEWEST_BITS = 64;
/** Of groups inside each other. */
const DEEPEST = 32;

const DIGITS = "0123456789";
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LETTERS_AND_DIGITS = `${UPPER}${UPPER.toLowerCase()}${DIGITS}_`;
/** Letters that mean a character of themselves only behind a backslash. */
const PUNCTUATION = /^[!-/:-@[-`{-~]$/;
/** Outside of classes these mean something, and what they mean is not ours. */
const RESERVED = /^[.*+?|^$\]{}]$/;
/** White space at a key's ends would be trimmed, and other characters are hard to type. */
const FIT = /^[!-~]$/;
/** KEY-3: what a key of the default format is read from, beside dashes; and what stands in one, at each place. */
const DEFAULT_CHARACTER = /[0-9A-Fa-fOoIil]/;
const DEFAULT_CHARACTERS = 36;
const DEFAULT_LENGTH = 41;
const OTHER_THAN_DIGIT = /[^0-9A-F]/;
const OTHER_THAN_DASH = /[^-]/;

/** Refuses (in words) what it does not read, fewer than 64 bits of choice, and keys of over 256 characters. */
export function readKeyPattern(text: string): KeyPattern {
  if (text.length > LONGEST_PATTERN) return refused(`has more than ${LONGEST_PATTERN} characters`);
  const { places, fault } = new Reader(withoutAnchors(text)).whole();
  if (fault !== null) return refused(fault);
  const bits = places.reduce((sum, place) => sum + Math.log2(place.length), 0);
  if (bits < FEWEST_BITS) return refused(`leaves ${Math.floor(bits)} bits of choice, fewer than ${FEWEST_BITS}`);
  if (isMistaken(places)) {
    return refused("makes keys that are read as those of the default format: make that exactly, 6 times 6 of 0-9A-F");
  }
  return { ok: true, places, bits };
}

/** A key of the pattern. `random` gives so many random bytes; those that would favour a character are not used. */
export function keyOfPattern(places: readonly string[], random: (count: number) => Uint8Array): string {
  const bytes = bytesOf(random);
  return places.map((place) => place[below(place.length, bytes)]).join("");
}

function refused(detail: string): KeyPattern {
  return { ok: false, detail };
}

function withoutAnchors(text: string): string {
  const body = text.startsWith("^") ? text.slice(1) : text;
  const backslashes = /(\\*)\$$/.exec(body)?.[1];
  return backslashes !== undefined && backslashes.length % 2 === 0 ? body.slice(0, -1) : body;
}

/**
 * A recursive descent over the pattern; no place is made before it is known that the key stays short. At the first
 * fault it goes to the end of the text, so that everything returns.
 */
class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #fault: string | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): { readonly places: readonly string[]; readonly fault: string | null } {
    const places = this.#sequence();
    if (this.#peek() !== undefined) this.#refuse("has a ) without its (");
    return { places, fault: this.#fault };
  }

  #refuse(detail: string): void {
    this.#fault ??= detail;
    this.#at = this.#text.length;
  }

  #sequence(): readonly string[] {
    const places: string[] = [];
    while (this.#peek() !== undefined && this.#peek() !== ")") {
      const atom = this.#atom();
      const times = this.#times();
      if (places.length + atom.length * times > LONGEST_KEY) {
        this.#refuse(`makes keys of more than ${LONGEST_KEY} characters`);
      } else for (let time = 0; time < times; time += 1) places.push(...atom);
    }
    return places;
  }

  #atom(): readonly string[] {
    const character = this.#take();
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return [this.#class()];
      case "\\":
        return [this.#escape()];
      default:
        if (RESERVED.test(character)) this.#refuse(`has ${character}, which is read only behind a backslash`);
        return [this.#fit(character)];
    }
  }

  #group(): readonly string[] {
    if (this.#text.startsWith("?:", this.#at)) this.#at += 2;
    this.#depth += 1;
    if (this.#depth > DEEPEST) this.#refuse(`has more than ${DEEPEST} groups inside each other`);
    const places = this.#sequence();
    this.#depth -= 1;
    this.#take();
    if (places.length === 0) this.#refuse("has an empty group");
    return places;
  }

  /** `{n}` behind what it repeats; 1 if there is none. */
  #times(): number {
    if (this.#peek() !== "{") return 1;
    const [whole = "", count = "0"] = /^\{(\d{1,3})\}/.exec(this.#text.slice(this.#at)) ?? [];
    if (Number(count) === 0) this.#refuse("repeats otherwise than by {1} to {256}");
    this.#at += whole.length;
    return Number(count);
  }

  /** Members of a class, each once. */
  #class(): string {
    if (this.#peek() === "^") this.#refuse("has a class that says which characters are not in it");
    let members = "";
    while (this.#fault === null && this.#peek() !== "]") {
      const first = this.#member();
      members += this.#isRange() ? this.#rangeFrom(first) : first;
    }
    this.#take();
    if (members === "") this.#refuse("has an empty class");
    return [...new Set(members)].join("");
  }

  #isRange(): boolean {
    return this.#peek() === "-" && this.#text[this.#at + 1] !== "]";
  }

  #rangeFrom(from: string): string {
    this.#take();
    const to = this.#member();
    const [first, last] = [from.charCodeAt(0), to.charCodeAt(0)];
    if (from.length === 1 && to.length === 1 && first <= last) {
      return String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, index) => first + index));
    }
    this.#refuse("has a range that goes nowhere");
    return "";
  }

  /** One character, or those that an escape stands for. */
  #member(): string {
    const character = this.#take();
    return character === "\\" ? this.#escape() : this.#fit(character);
  }

  #escape(): string {
    const character = this.#take();
    if (character === "d") return DIGITS;
    if (character === "w") return LETTERS_AND_DIGITS;
    if (!PUNCTUATION.test(character)) this.#refuse(`has \\${character}, which is no escape that is read here`);
    return character;
  }

  #fit(character: string): string {
    if (!FIT.test(character)) this.#refuse("has a character that is not one of the visible ASCII characters");
    return character;
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  /** `""` at the end, where more had to be. */
  #take(): string {
    const character = this.#peek();
    if (character === undefined) this.#refuse("ends too early");
    this.#at += 1;
    return character ?? "";
  }
}

/** KEY-3: a key of the pattern could be read as one of the default format, and not every one of them is that. */
function isMistaken(places: readonly string[]): boolean {
  const isOther = (place: string, at: number) => (at % 7 === 6 ? OTHER_THAN_DASH : OTHER_THAN_DIGIT).test(place);
  if (!places.every(isFitForDefault) || !couldHaveDefaultLength(places)) return false;
  return places.length !== DEFAULT_LENGTH || places.some(isOther);
}

function isFitForDefault(place: string): boolean {
  return place.includes("-") || DEFAULT_CHARACTER.test(place);
}

/** Dashes do not count, wherever they stand. */
function couldHaveDefaultLength(places: readonly string[]): boolean {
  const least = places.filter((place) => !place.includes("-")).length;
  const most = places.filter((place) => DEFAULT_CHARACTER.test(place)).length;
  return least <= DEFAULT_CHARACTERS && DEFAULT_CHARACTERS <= most;
}

function* bytesOf(random: (count: number) => Uint8Array): Generator<number, never> {
  for (;;) yield* random(LONGEST_KEY);
}

/** 0 to `count` - 1, each as likely as any other: bytes above the last whole multiple are thrown away. */
function below(count: number, bytes: Iterator<number, never>): number {
  if (count === 1) return 0;
  const usable = 256 - (256 % count);
  for (;;) {
    const { value } = bytes.next();
    if (value < usable) return value % count;
  }
}
