import { type ChatAccount, writeAccount } from './chat-account.ts';
import type { Links } from './links.ts';

/** What is known of links, without their tokens. */
export function createLinkViews(links: Pick<Links, 'read' | 'accountsOf'>) {
  return {
    /** All chat accounts that are linked to the same company account as this one, itself first, and what that is. */
    async family(
      account: ChatAccount,
    ): Promise<{ readonly accounts: readonly ChatAccount[]; readonly sub?: string }> {
      const record = await links.read(account);
      if (record.state === 'none') return { accounts: [account] };
      const sub = record.state === 'linked' ? record.link.sub : record.sub;
      const mine = writeAccount(account);
      const others = (await links.accountsOf(sub)).filter((other) => writeAccount(other) !== mine);
      return { accounts: [account, ...others], sub };
    },

    /** Undefined: there is no link. */
    async describe(account: ChatAccount) {
      const record = await links.read(account);
      if (record.state === 'none') return undefined;
      if (record.state === 'signed_out') return { state: record.state, sub: record.sub };
      const { sub, username, email, groups, linkedAt } = record.link;
      return { state: record.state, sub, username, email, groups, linkedAt };
    },
  };
}
