// E-mail addresses, as far as a sender has to know them.

/**
 * @typedef {object} Address
 * @property {string} email
 * @property {string} [name]
 */

/** A mailbox that may stand in a header: no blanks, brackets or control characters (RFC 5322, 3.4.1). */
const MAILBOX = /^[^\s<>(),;:\\"[\]@]+@[^\s<>(),;:\\"[\]@]+$/u;

/** @param {string} email */
export const isMailbox = (email) => MAILBOX.test(email);

/** @param {string} email @returns {string} in the form in which addresses are compared */
export const normalized = (email) => email.trim().toLowerCase();

/**
 * @param {string | {email: string, name?: string}} value 'a@b.c', 'A <a@b.c>', or its parts
 * @returns {Address | undefined} undefined for what is no address
 */
export function addressOf(value) {
  if (value !== null && typeof value === 'object') {
    const {email, name} = value;
    if (typeof email !== 'string' || !isMailbox(email)) return undefined;
    return name === undefined || name === null ? {email} : {email, name: `${name}`};
  }
  if (typeof value !== 'string') return undefined;
  const named = /^\s*(.*?)\s*<([^<>]*)>\s*$/s.exec(value);
  if (named === null) return isMailbox(value.trim()) ? {email: value.trim()} : undefined;
  const [, name, email] = named;
  if (!isMailbox(email)) return undefined;
  return name === '' ? {email} : {email, name: name.replace(/^"(.*)"$/s, '$1')};
}
