import type { User } from '../directory/model.ts';

const SEARCHABLE =
  /^(username|email|phone_number|name|given_name|family_name|preferred_username|cognito:user_status|status|sub)$/;

/** The filter of ListUsers: `name = "value"` or `name ^= "start"`; undefined when it is neither. */
export function readUserFilter(text: string): ((user: User) => boolean) | undefined {
  if (text.trim() === '') return () => true;
  const match = /^\s*([\w:]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$/.exec(text);
  if (!match) return undefined;
  const [, name = '', comparison, quoted = ''] = match;
  if (!SEARCHABLE.test(name)) return undefined;
  const value = quoted.replace(/\\(.)/g, '$1');
  const wanted = name === 'cognito:user_status' ? value.toUpperCase() : value;
  return (user) => {
    const actual = fieldOf(user, name);
    return comparison === '=' ? actual === wanted : actual.startsWith(wanted);
  };
}

function fieldOf(user: User, name: string): string {
  switch (name) {
    case 'username':
      return user.username;
    case 'sub':
      return user.sub;
    case 'status':
      return user.enabled ? 'Enabled' : 'Disabled';
    case 'cognito:user_status':
      return user.status;
    default:
      return user.attributes.get(name) ?? '';
  }
}
