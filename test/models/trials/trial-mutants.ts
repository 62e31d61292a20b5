/** The guards of trials, each with the edit that takes it out: lives of trials must find every one. */

import type { Planted } from "../../support/plant.ts";

export const TRIAL_MUTANTS: readonly Planted[] = [
  mutant("a device that had a trial begins another", "mayBegin", "AND ${had(goneTrials)}", ""),
  mutant("a policy that has changed begins trials", "mayBegin", "${isPolicy} AND", ""),
  mutant(
    "a trial that is deleted leaves nothing",
    "deleteTrial",
    "${eq(trialActivations.id, before.id)} AND ${allowed}",
    "false",
  ),
  mutant(
    "a trial that did not begin is told of",
    "insertTrial",
    "insertEvent(db, event, isThere)",
    "insertEvent(db, event)",
  ),
  mutant("a trial begins again with each call", "activateTrial", "state.trial !== null", "false"),
  mutant("a deleted trial is not noticed", "activateTrial", "state.isGone", "false"),
];

function mutant(name: string, within: string, find: string, replace: string): Planted {
  return { name, edits: [{ in: within, find, replace }] };
}
