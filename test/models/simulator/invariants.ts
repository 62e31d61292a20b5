/** What must hold after every step, once, in words; a violation names the one that it breaks. */

export const INVARIANTS = {
  "CLOCK-1":
    "The instant that decides is the machine's clock, but never earlier than any at which the same instance has answered, nor than any at which something was stored, whatever the machine's clock does.",
  "KEY-2":
    "A key opens the license whose key it is and no other; a key that was changed away opens nothing; a license that stands is not called unknown.",
  "DEL-1": "A deleted license answers nobody, and when all is quiet nothing of it is left in D1.",
  "TPL-2":
    "A license on another plan is what its template says, in one change; its type and strategy change only while no activation is live, and with another strategy every end begins anew.",
  "STAND-1":
    "v3's client calls pass an expired or suspended license, whose tokens say so; a revoked one and one that is not effective yet pass nobody.",
  "STAND-2":
    "Whoever calls after a revoke, a suspend (but for v3's client calls) or a deletion was answered is granted nothing and renews nothing, until that is lifted; lifting brings no activation back.",
  "STAND-4":
    "A call that is refused is refused for the first reason in the order of the checks, and says the same evidence.",
  "EXP-1":
    "expiresAt is what a calendar says: created or first activated, plus one period, plus each renewal in turn, months first and on the anchor's day; a rolling device has its own, which every renewal moves, and keeps it for good.",
  "EXP-9": "An instant that is exactly the end is expired, and no activation of the activation API passes it.",
  "EXP-11": "A renewal reference adds its period once, however often it is sent.",
  "SEAT-1":
    "Nobody is granted a new seat while the seats in use, counted one by one, are at the limit that holds at that instant; while one is free nobody is told that the license is full; a refusal says limit and count, and no later wait than the first end.",
  "SEAT-2":
    "A device has one seat at most, live or held, an instance always one of its own, and the devices of a person share theirs; what ends no instance's seat by itself is not accepted.",
  "SEAT-3":
    "A device that activates again while it is live gets the same activation, unless it is somebody else's or the license says reject.",
  "SEAT-5": "A limit that is lowered throws nobody out: who is live stays live.",
  "SEAT-8": "A change that needs no live activation is refused while there are any, and says how many.",
  "SEAT-9":
    "A seat above the limit is granted while the overage allows it, is told of once, and stays one as long as it is that device's.",
  "SEAT-10":
    "Under after-token no token goes out without an end, and a device's seat counts until the latest token that it was given has ended; at once otherwise.",
  "LEASE-1": "The lease granted is the license's, or the wish between its bounds, remembered.",
  "LEASE-3": "A renewal ends a lease later or at the same instant, never earlier.",
  "LEASE-4": "A lease is over at its end by the clock, whatever alarms do: neither earlier nor later.",
  "LEASE-5":
    "An activation that was ended by a call, a sweep or a watermark never answers again, and its id is never given out again.",
  "LEASE-7":
    "A device is told to come back up to a tenth of the interval before TOK-6's refresh, on a second, never later, and always by the same share for the same session and generation.",
  "LEASE-8":
    "A token outlasts its lease by the grace at most, which is no longer than a day where the lease's end frees the seat.",
  "NET-1":
    "Nobody activates or syncs from where, or on what, the license does not admit; what is not known fails what allows and passes what forbids.",
  "REL-1":
    "A license gives out no release beyond its limit or its maintenance, and remembers the latest that it was used with.",
  "MAINT-2":
    "A maintenance begins with its policy or the first activation, is lengthened as often as it is asked for and no oftener, and its end is told once.",
  "METER-1":
    "Uses never pass their limit and are counted all or none of a call; those that float come back the instant that their activation ends, and what was used ever never falls.",
  "MGMT-4": "A call with an idempotency key has its effect once in 24 hours, and its repetition the same outcome.",
  "AUTH-3":
    "Only the owner, the holder of an anonymous activation's token, an admin or a management token with the scope acts on an activation.",
  "AUTH-6":
    "A change of the license's user ends every activation of a signed-in person, at once, and no anonymous one.",
  "CNT-1": "totalActivations is the number of live activations, totalDeactivations that of clients' check-outs.",
  "TOK-6": "A token ends at the least of lease, end, and sync plus grace, and is refreshed before.",
  "SNAP-1": "Of two copies of a user's e-mail the newer one stands, and it ends nothing.",
  "EVT-1":
    "Each change has its event, in the same commit and under the next number; what changes nothing writes none; every activation is told of once when it begins and once when it ends, and a lapse not before its instant.",
  "EVT-2": "When all is quiet, every event has arrived in the log, under the id and number that it was written with.",
  "EVT-3":
    "Events that D1 has not heard of have an alarm: a crash loses nothing, in the moment before a hand-over neither.",
  "MGMT-2": "A change that was answered shows in D1, and so does all before it, if D1 was well.",
  "OPS-1": "When all is quiet, D1 shows what the objects hold, also after it was set back.",
  LEDGER:
    "What is stored is what was answered: rows, counters and bounds of the ledger give the same seats as the history of calls.",
} as const;

export type Rule = keyof typeof INVARIANTS;

export class Violation extends Error {
  readonly rule: Rule;

  constructor(rule: Rule, found: string) {
    super(`${rule}: ${found}`);
    this.rule = rule;
  }
}

/** The evidence is only written down when it is needed. */
export function must(rule: Rule, holds: boolean, found: () => string): void {
  if (!holds) throw new Violation(rule, found());
}

export function same(rule: Rule, what: string, told: unknown, expected: unknown): void {
  if (told !== expected) throw new Violation(rule, `${what} is ${String(told)}, and should be ${String(expected)}`);
}
