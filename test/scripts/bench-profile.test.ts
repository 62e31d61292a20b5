/** What a profile says of each function. */

import { expect, it } from "vitest";
import { functionsOf } from "../../bench/profile/samples.ts";

it("shares are of the time that is not idle; what calls itself counts once in its total", () => {
  const frame = (functionName: string, url = "") => ({ functionName, url, lineNumber: 6 });
  const functions = functionsOf({
    nodes: [
      { id: 1, callFrame: frame("(root)"), children: [2, 5] },
      { id: 2, callFrame: frame("walk", "worker.js"), children: [3] },
      { id: 3, callFrame: frame("walk", "worker.js"), children: [4] },
      { id: 4, callFrame: frame("exec") },
      { id: 5, callFrame: frame("(idle)") },
    ],
    samples: [2, 3, 4, 5],
    timeDeltas: [10, 20, 70, 900],
  });
  const shares = Object.fromEntries(functions.map(({ name, self, total }) => [name, [self, total]]));
  expect(shares).toEqual({ "(root)": [0, 1], "walk:7": [0.3, 1], exec: [0.7, 0.7] });
});
