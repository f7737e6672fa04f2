/** Words of the account link that chat and web page must say alike. */

/** The command that asks for a link. */
export const LINK_COMMAND = 'link';
/** The button of the last question in the chat; the page tells people to press it. */
export const CONFIRM_IN_CHAT = 'Yes, it was me';
