/** How e-mails compare (AUTH-4): without regard to case, and to nothing else. */

/**
 * Case is that of A to Z alone: full Unicode folding takes other characters for letters (the Kelvin sign for a k), and
 * so one person's mailbox for another's.
 */
export function isSameEmail(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

function folded(email: string): string {
  return email.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
