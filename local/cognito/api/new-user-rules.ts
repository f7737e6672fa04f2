import type { Pool } from '../directory/model.ts';
import { findUser } from '../directory/users.ts';
import { STANDARD_ATTRIBUTES } from '../shapes/pool.ts';
import { fail } from './operation.ts';

/** What AdminCreateUser asks of names and attributes. Throws Cognito's errors. */

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const PHONE = /^\+\d{6,15}$/;

export function checkAttributes(pool: Pool, attributes: ReadonlyMap<string, string>): void {
  const schema = pool.identity.Schema ?? [];
  const refuse = (name: string, why: string) =>
    fail('InvalidParameterException', `Attributes did not conform to the schema: ${name}: ${why}`);
  for (const name of attributes.keys()) {
    const custom = schema.some((each) => `custom:${each.Name}` === name);
    if (!STANDARD_ATTRIBUTES.includes(name) && !custom)
      throw refuse(name, 'Attribute does not exist in the schema.');
  }
  const missing = schema.find(
    (each) => each.Required && STANDARD_ATTRIBUTES.includes(each.Name) && !attributes.has(each.Name),
  );
  if (missing) throw refuse(missing.Name, 'The attribute is required');
  const email = attributes.get('email');
  if (email !== undefined && !EMAIL.test(email)) {
    throw fail('InvalidParameterException', 'Invalid email address format.');
  }
}

/**
 * The attribute that the name of a new user is at the same time, in a pool whose people are named by e-mail address or phone
 * number; undefined where names are names.
 */
export function nameAttribute(pool: Pool, username: string): 'email' | 'phone_number' | undefined {
  const { UsernameAttributes, AliasAttributes = [] } = pool.identity;
  if (UsernameAttributes) {
    if (UsernameAttributes.includes('email') && EMAIL.test(username)) return 'email';
    if (UsernameAttributes.includes('phone_number') && PHONE.test(username)) return 'phone_number';
    const wanted = UsernameAttributes.map((each) => (each === 'email' ? 'an email' : 'a phone number'));
    throw fail('InvalidParameterException', `Username should be ${wanted.join(' or ')}.`);
  }
  if (AliasAttributes.includes('email') && EMAIL.test(username)) {
    const message = 'Username cannot be of email format, since user pool is configured for email alias.';
    throw fail('InvalidParameterException', message);
  }
  return undefined;
}

export function checkUnused(pool: Pool, username: string, attributes: ReadonlyMap<string, string>): void {
  if (findUser(pool, username)) throw fail('UsernameExistsException', 'User account already exists');
  const email = attributes.get('email');
  const taken = email !== undefined && attributes.get('email_verified') === 'true' && findUser(pool, email);
  if (taken) throw fail('UsernameExistsException', 'An account with the given email already exists.');
}
