/** What a bundle is made of, by folders of src and by packages. Pure. */

/** As esbuild writes it: of each output, how many bytes came from which file. */
export interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}

export interface Part {
  readonly name: string;
  /** Minified. */
  readonly bytes: number;
}

/** The largest first. */
export function partsOf({ outputs }: Metafile): readonly Part[] {
  const sums = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = partOf(path);
      sums.set(name, (sums.get(name) ?? 0) + bytesInOutput);
    }
  }
  const parts = [...sums].map(([name, bytes]) => ({ name, bytes })).filter(({ bytes }) => bytes > 0);
  return parts.toSorted((one, other) => other.bytes - one.bytes);
}

/** The package; of src the folder, of src/http the surface. */
function partOf(path: string): string {
  const [, found] = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  if (found !== undefined) return found;
  const [, surface] = /(?:^|\/)(src\/http\/[^/]+)\//.exec(path) ?? [];
  if (surface !== undefined) return surface;
  const [, folder] = /(?:^|\/)(src\/[^/]+)\//.exec(path) ?? [];
  return folder ?? "the rest";
}

/** One line per part. After gzip a part has no size of its own: its share of the whole is an estimate. */
export function tableOf(parts: readonly Part[], zipped: number): string {
  const whole = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const rows = parts.map(({ name, bytes }) => [
    name,
    (bytes / 1024).toFixed(1),
    ((zipped * bytes) / whole / 1024).toFixed(1),
  ]);
  const all = [["part", "KiB minified", "about KiB gzip"], ...rows];
  const width = Math.max(...all.map(([name = ""]) => name.length));
  return all.map(([name = "", ...numbers]) => [name.padEnd(width), ...numbers.map(right)].join("")).join("\n");
}

function right(number: string): string {
  return number.padStart(16);
}
