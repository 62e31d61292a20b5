/**
 * How e-mail addresses compare (EMAIL-1): two are one if their folded forms are equal. Nothing else compares addresses,
 * so that the directory, sign-in and activation never disagree about whose one is.
 */

export function isSameEmail(one: string, other: string): boolean {
  return foldedEmail(one) === foldedEmail(other);
}

/**
 * Whether the text can be somebody's address: one `@` between two parts without white space, control or format
 * characters. `mailto:` is a link's beginning and no part of one.
 */
export function isAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/u.test(text) && !/[\p{Cc}\p{Cf}]|mailto:/iu.test(text);
}

/** What stands for the address wherever one is looked up or has to be unique. Never shown. */
export function foldedEmail(address: string): string {
  const at = address.lastIndexOf("@");
  if (at === -1) return foldedText(address);
  const domain = address.slice(at + 1);
  return `${foldedText(address.slice(0, at))}@${asciiDomain(domain) ?? foldedText(domain)}`;
}

/**
 * NFC and lower case, but nothing from outside ASCII becomes ASCII or more than one code point: the Kelvin sign is no
 * k, or one person's mailbox would be another's.
 */
function foldedText(text: string): string {
  const kept = [...text].map((char) => (staysUnder(char, char.normalize("NFC")) ? { char } : char));
  return composed(kept)
    .map((part) => (typeof part === "string" ? lowered(part) : part.char))
    .join("");
}

type Part = string | { readonly char: string };

/** NFC of what stands between the characters that stay as they are. */
function composed(parts: readonly Part[]): readonly Part[] {
  return parts
    .reduce<Part[]>((runs, part) => {
      const last = runs.at(-1);
      if (typeof part !== "string" || typeof last !== "string") return [...runs, part];
      return [...runs.slice(0, -1), last + part];
    }, [])
    .map((run) => (typeof run === "string" ? run.normalize("NFC") : run));
}

function lowered(text: string): string {
  return Array.from(text, (char) => (staysUnder(char, char.toLowerCase()) ? char : char.toLowerCase())).join("");
}

function staysUnder(char: string, mapped: string): boolean {
  return !isAscii(char) && (isAscii(mapped) || [...mapped].length > 1);
}

function isAscii(text: string): boolean {
  return /^[\0-\u007f]*$/u.test(text);
}

const PLAIN_DOMAIN = /^[\p{L}\p{M}\p{Nd}\-_.]+$/u;
/** What a URL parser would take for an address of version 4. */
const NUMBER = /^(?:\d+|0x[\da-f]*)$/;

/** By UTS 46; null where a URL parser would do more than that, or refuses it. */
function asciiDomain(domain: string): string | null {
  if (!PLAIN_DOMAIN.test(domain) || endsInNumber(domain)) return null;
  const url = URL.parse(`http://${domain}`);
  return url === null ? null : url.hostname;
}

function endsInNumber(domain: string): boolean {
  const [last = "", before = ""] = domain.normalize("NFKC").toLowerCase().split(".").toReversed();
  return NUMBER.test(last === "" ? before : last);
}
