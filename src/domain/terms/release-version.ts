/** Release versions: 2 to 4 numbers with dots between them, as 2.1 or 10.0.19041.1. Nothing else is one (NET-1). */

const VERSION = /^\d+(?:\.\d+){1,3}$/;

/** Its numbers as digits without leading zeros, so that none is too large; what is not told is 0. */
type ReleaseVersion = readonly [string, string, string, string];

/** Null = it is none. */
export function releaseVersion(text: string): ReleaseVersion | null {
  if (!VERSION.test(text)) return null;
  const [major, minor, patch, build] = text.split(".").map((number) => number.replace(/^0+(?=\d)/, ""));
  return [major ?? "0", minor ?? "0", patch ?? "0", build ?? "0"];
}

/** Whether the first is a later version than the second, number by number: 1.10 is later than 1.9, and 1.2.0 is 1.2. */
export function isLater(version: ReleaseVersion, than: ReleaseVersion): boolean {
  const at = version.findIndex((number, place) => number !== than[place]);
  return at !== -1 && isGreater(version[at] ?? "", than[at] ?? "");
}

function isGreater(number: string, than: string): boolean {
  return number.length === than.length ? number > than : number.length > than.length;
}

/** What the first is to somebody who has the second; null = no update. */
export function updateKind(version: ReleaseVersion, from: ReleaseVersion): "major" | "minor" | "patch" | null {
  if (!isLater(version, from)) return null;
  if (version[0] !== from[0]) return "major";
  return version[1] === from[1] ? "patch" : "minor";
}
