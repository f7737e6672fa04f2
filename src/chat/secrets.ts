/**
 * Credentials by their known forms. What never stands in a log, and what never goes to an agent or into a chat.
 *
 * Each form is recognised by its first 200 characters at most, so that nothing of it has been shown when it is seen.
 * Sources: the token formats that each vendor documents. AWS account ids, ARNs and resource ids are none.
 */
export interface SecretForm {
  readonly name: string;
  /** Global; what it matches is the secret. */
  readonly form: RegExp;
  /** What the form alone does not tell. */
  readonly really?: (match: string) => boolean;
}

/** No letter or digit before: the form begins a word of its own. */
const B = '(?<![A-Za-z0-9])';
const form = (name: string, source: string, flags = ''): SecretForm => ({
  name,
  form: new RegExp(source, `g${flags}`),
});
/** `name = "value"` as people write it in configuration, code and prose. */
const ASSIGN = String.raw`["'\`]?\s{0,3}(?::=|=>|[:=]|\bis\b)\s{0,3}["'\`]?`;

export const SECRET_FORMS: readonly SecretForm[] = [
  form('aws_access_key', `${B}(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])`),
  form(
    'aws_secret_key',
    String.raw`(?<=(?:secret[\s_-]?access[\s_-]?key|aws[\s_-]?secret(?:[\s_-]?key)?|secretaccesskey)${ASSIGN})[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])`,
    'i',
  ),
  {
    ...form('aws_secret_key', '(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])'),
    really: looksRandom,
  },
  form('aws_session_token', `${B}(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9/+=]{20,}`),
  form('aws_bedrock_key', `${B}(?:ABSK[A-Za-z0-9+/]{100,}={0,2}|bedrock-api-key-[A-Za-z0-9+/=]{20,})`),
  form('signed_address', String.raw`\bX-Amz-(?:Signature|Credential|Security-Token)=[^&\s"]{8,}`, 'i'),
  form('github_token', `${B}(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,})`),
  form('gitlab_token', `${B}gl(?:pat|dt|rt|ptt|cbt|ft|soat|agent|oas)-[A-Za-z0-9_-]{20,}`),
  form('slack_token', `${B}(?:xox[a-z](?:\\.xox[a-z])?|xapp)-[A-Za-z0-9-]{4,}`),
  form('slack_webhook', String.raw`hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,}`),
  form(
    'teams_webhook',
    String.raw`[a-z0-9-]{1,60}\.webhook\.office\.com/webhookb2/[A-Za-z0-9@/_-]{20,}`,
    'i',
  ),
  form('google_key', `${B}AIza[A-Za-z0-9_-]{35}`),
  form('google_oauth', `${B}(?:GOCSPX-[A-Za-z0-9_-]{20,}|ya29\\.[A-Za-z0-9_-]{20,}|1//0[A-Za-z0-9_-]{20,})`),
  form('stripe_key', `${B}(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|${B}whsec_[A-Za-z0-9+/]{24,}`),
  form(
    'openai_key',
    `${B}sk-(?=[A-Za-z0-9_-]{0,60}\\d)(?:proj-|svcacct-|admin-|ant-[a-z0-9]+-)?[A-Za-z0-9_-]{20,}`,
  ),
  form('npm_token', `${B}npm_[A-Za-z0-9]{36}`),
  form('pypi_token', `${B}pypi-AgE[A-Za-z0-9_-]{30,}`),
  form('docker_token', `${B}dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}`),
  form('hugging_face_token', `${B}hf_[A-Za-z0-9]{30,}`),
  form('sendgrid_key', `${B}SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}`),
  form('twilio_key', `${B}SK[0-9a-f]{32}(?![0-9a-f])`),
  form('mailgun_key', `${B}key-[0-9a-f]{32}(?![0-9a-f])`),
  form('digitalocean_token', `${B}do[orp]_v1_[0-9a-f]{40,}`),
  form('databricks_token', `${B}dapi[0-9a-f]{32}(?![0-9a-f])`),
  form('vault_token', `${B}hv[sbr]\\.[A-Za-z0-9_-]{20,}`),
  form('atlassian_token', `${B}ATATT3[A-Za-z0-9_=-]{20,}`),
  form('shopify_token', `${B}shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}`),
  form('square_token', `${B}sq0(?:atp|csp)-[A-Za-z0-9_-]{20,}`),
  form('grafana_token', `${B}gl(?:sa|c)_[A-Za-z0-9+/=_]{20,}`),
  form('telegram_token', `${B}[0-9]{8,10}:AA[A-Za-z0-9_-]{33}`),
  form('discord_token', `${B}[MNO][A-Za-z0-9_-]{23,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,}`),
  form('azure_key', String.raw`\b(?:AccountKey|SharedAccessKey)\s{0,2}=\s{0,2}[A-Za-z0-9+/]{40,}={0,2}`, 'i'),
  form('azure_signature', '[?&;]sig=[A-Za-z0-9%+/]{30,}(?:%3D|=){0,2}', 'i'),
  form('azure_client_secret', `${B}[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}`),
  form(
    'json_web_token',
    `${B}eyJ[A-Za-z0-9_-]{8,}\\.(?:eyJ)?[A-Za-z0-9_-]{4,}\\.[A-Za-z0-9_-]*|${B}eyJ[A-Za-z0-9_-]{10,}\\.eyJ[A-Za-z0-9_-]{10,}|${B}eyJ[A-Za-z0-9_-]{120,}`,
  ),
  form(
    'private_key',
    String.raw`-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d`,
  ),
  form('age_key', `${B}AGE-SECRET-KEY-1[A-Z0-9]{20,}`),
  form(
    'bearer',
    String.raw`\b(?:Bearer|Basic)\s{1,3}(?=[A-Za-z0-9._~+/=-]{0,60}\d)[A-Za-z0-9._~+/=-]{16,}`,
    'i',
  ),
  // A password inside an address: scheme://user:password@host.
  form(
    'connection_string',
    String.raw`(?<=\b[a-z][a-z0-9+.-]{1,20}://[^\s:@/<>"']{0,60}:)(?![*x<>$\[{]+@|hidden\])[^\s@/<>"']{1,100}(?=@)`,
    'i',
  ),
  form(
    'connection_password',
    String.raw`(?<=;\s{0,2}(?:Password|Pwd)\s{0,2}=\s{0,2})[^;\s"'<>*$\{]{4,}`,
    'i',
  ),
  // `password: …` with something that looks like one: letters and digits or signs together.
  form(
    'password',
    String.raw`(?<=(?:password|passwd|passphrase|passwort|kennwort|mot de passe|contraseña|api[\s_-]?key|client[\s_-]?secret|secret[\s_-]?key|auth[\s_-]?token|access[\s_-]?token)${ASSIGN})(?=[^\s"'\`<>]{0,60}(?:\d|[!@#$%^&*]))(?![*$<{\[(]|arn:|https?:|(?:var|local|data|module|process|os|env|self|this|config|settings|secrets|aws_\w+)\.|\w+\()[^\s"'\`<>,;]{6,100}`,
    'i',
  ),
];

/** Invisible characters that could stand inside a secret without anybody's seeing it. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/** Letters of other alphabets that look like ours. */
const LOOKALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  [...'АAВBЕEЅSІIЈJКKМMНHОOРPСCТTХXУYаaеeіiјjоoрpсcѕsхxуyԁdԛqԝwһhΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXοoνvαaρp']
    .map((letter, i, all) => [letter, all[i + 1] ?? ''] as const)
    .filter((_pair, i) => i % 2 === 0),
);

/**
 * One of these stands in every form; a text without has none. Written out in both cases: a pattern that ignores case is
 * four times slower, and every line of the log meets this one.
 */
const HINT =
  /AKIA|ASIA|ABIA|ACCA|[Ss][Ee][Cc][Rr][Ee][Tt]|FwoGZXIvYXdz|IQoJb3JpZ2lu|ABSK|bedrock-api|[Xx]-[Aa][Mm][Zz]-|gh[pousr]_|github_pat|gl[a-z]{1,5}[-_]|xox|xapp-|hooks\.slack|[Ww][Ee][Bb][Hh]|AIza|GOCSPX|ya29|1\/\/0|[sr]k_|whsec|sk-|npm_|pypi-|dckr_|hf_|SG\.|SK[0-9a-f]|[Kk][Ee][Yy]|do[orp]_v1|dapi|hv[sbr]\.|ATATT3|shp[acps]|sq0|:AA|[Ss][Ii][Gg]=|Q~|eyJ|PRIVATE|PuTTY|[Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc]|:\/\/|[Pp][Ww][Dd]|[Pp][Aa][Ss][Ss]|[Kk][Ee][Nn][Nn]|[Cc][Oo][Nn][Tt][Rr][Aa][Ss]|[Tt][Oo][Kk][Ee][Nn]/;
const LONG_WORD = /[A-Za-z0-9/+_.-]{40}/;

const mayHold = (text: string) => HINT.test(text) || LONG_WORD.test(text);

/** The name of the first form of a secret in the text; undefined when there is none. Pure. */
export function secretIn(text: string): string | undefined {
  const found = formIn(text);
  if (found !== undefined || isPlain(text)) return found;
  return formIn(plain(text));
}

/** What a reader takes the text for: without invisible characters and with letters of one alphabet. */
function plain(text: string): string {
  let folded = '';
  for (const letter of text.normalize('NFKC').replace(INVISIBLE, '')) folded += LOOKALIKES[letter] ?? letter;
  return folded;
}

function formIn(text: string): string | undefined {
  if (!mayHold(text)) return undefined;
  return SECRET_FORMS.find(({ form, really }) => {
    if (!really) return text.search(form) >= 0;
    return [...text.matchAll(form)].some(([match]) => really(match));
  })?.name;
}

function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 126) return false;
  return true;
}

/** Forty letters by chance rarely make words: one such key in 170,000 does. */
function looksRandom(match: string): boolean {
  const inWords = (match.match(/[a-z]{3,}/g) ?? []).join('').length;
  return inWords < 27 && /[a-z]/.test(match) && /[A-Z]/.test(match);
}

/** The text with each secret replaced. Pure. */
export function maskSecrets(text: string, label = '[hidden]'): string {
  if (!mayHold(text)) return text;
  let masked = text;
  for (const { form, really } of SECRET_FORMS)
    masked = masked.replace(form, (match: string) => (really && !really(match) ? match : label));
  return masked;
}
