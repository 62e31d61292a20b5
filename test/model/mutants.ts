/** The guards of birth, relay and deletion, each with the edit that takes it out (architecture decision 12). */

export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const MUTANTS: readonly Mutant[] = [];
