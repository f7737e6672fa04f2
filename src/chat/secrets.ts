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
/** `name = "value"` as people write it in configuration, code, Markdown and prose; also above a block of code. */
const ASSIGN = String.raw`\\?(?:["'\`]?[*_]{1,3}["'\`]?|["'\`])?\s{0,3}(?::=|=>|[:=]|\b(?:is|ist|lautet|est|es)\b:?)(?:[*_]{1,3}(?=\s))?\s{0,3}(?:\`{3}[a-z]{0,12}\s{1,2})?\\?(?:\*\*|__|[*_])?["'\`]?`;

/** Letters alone are a word, and what begins like this stands for a value. */
const ODD = String.raw`(?=[^\s"'\`<>]{0,60}(?:\d|[!@#$%^&*]))(?![*$<{\[(/~])`;

/** Of services whose tokens say by their beginning what they are. */
const SERVICE_TOKENS = [
  'AKCp[A-Za-z0-9]{60,}',
  'AQ\\.Ab8[A-Za-z0-9_-]{30,}',
  'ATBB[A-Za-z0-9]{24,}',
  'ATCTT3[A-Za-z0-9_=-]{20,}',
  'bkua_[a-f0-9]{40}',
  'CCI(?:PAT|PRJ)_[A-Za-z0-9_]{40,}',
  'dp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9._-]{40,}',
  'dt0[a-z]\\d{2}\\.[A-Z0-9]{24}\\.[A-Z0-9]{20,}',
  'EAA[A-Za-z0-9]{80,}',
  'figd_[A-Za-z0-9_-]{30,}',
  'f[mo][12]r?_[A-Za-z0-9+/=_-]{40,}',
  'gsk_[A-Za-z0-9]{40,}',
  'HRKU-[A-Za-z0-9_-]{30,}',
  'lin_(?:api|oauth)_[A-Za-z0-9]{32,}',
  'lsv2_(?:pt|sk)_[a-f0-9]{32}',
  'nfp_[A-Za-z0-9]{36,}',
  'NRAK-[A-Z0-9]{27}',
  'ntn_[A-Za-z0-9]{40,}',
  'oy2[a-z0-9]{43}(?![A-Za-z0-9])',
  'ops_eyJ[A-Za-z0-9_-]{60,}',
  'pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}',
  'pcsk_[A-Za-z0-9_]{40,}',
  'PMAK-[a-f0-9]{24}-[a-f0-9]{34}',
  'pplx-[A-Za-z0-9]{40,}',
  'pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_-]{30,}',
  'pul-[a-f0-9]{40}',
  'r8_[A-Za-z0-9]{30,}',
  'rubygems_[a-f0-9]{48}',
  'sbp_[a-f0-9]{40}',
  'sb_secret_[A-Za-z0-9_-]{20,}',
  'secret_[A-Za-z0-9]{43}',
  'sntry[su]_[A-Za-z0-9+/=_-]{40,}',
  'sq[pua]_[a-f0-9]{40}',
  'SSWS 00[A-Za-z0-9_-]{40}',
  'tskey-[a-z]+-[A-Za-z0-9]+-[A-Za-z0-9]{20,}',
  'xai-[A-Za-z0-9]{40,}',
  'xkeysib-[a-f0-9]{64}',
  '[a-f0-9]{32}-us\\d{1,2}(?![A-Za-z0-9-])',
  '[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{60,}',
] as const;

export const SECRET_FORMS: readonly SecretForm[] = [
  form('aws_access_key', `${B}(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])`),
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
  form(
    'slack_webhook',
    String.raw`hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,}`,
  ),
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
  form(
    'azure_key',
    String.raw`\b(?:AccountKey|SharedAccessKey|(?:primary|secondary)(?:Readonly)?(?:Master)?Key)["']?\s{0,2}[:=]\s{0,2}["']?[A-Za-z0-9+/]{40,}={0,2}`,
    'i',
  ),
  form('azure_function_key', '[?&]code=[A-Za-z0-9_/+-]{40,}(?:%3D|=){0,2}'),
  form('azure_devops_token', `${B}[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])`),
  form('azure_signature', '[?&;]sig=[A-Za-z0-9%+/]{30,}(?:%3D|=){0,2}', 'i'),
  form('azure_client_secret', `${B}[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}`),
  form(
    'json_web_token',
    `${B}eyJ[A-Za-z0-9_-]{8,}\\.(?:eyJ)?[A-Za-z0-9_-]{4,}\\.[A-Za-z0-9_-]*|${B}eyJ[A-Za-z0-9_-]{10,}\\.eyJ[A-Za-z0-9_-]{10,}|${B}eyJ[A-Za-z0-9_-]{120,}`,
  ),
  form(
    'private_key',
    String.raw`-{4,5} ?BEGIN {1,2}(?:[A-Z0-9]{1,20} {1,2}){0,3}PRIVATE KEY(?: BLOCK)? ?----|PuTTY-User-Key-File-\d`,
  ),
  // The same in base64, as Kubernetes keeps it.
  form(
    'private_key',
    'LS0tLS1CRUdJTiB(?:QUklWQVRF|SU0EgUFJJVkFUR|FQyBQUklWQVRF|PUEVOU1NIIFBSSVZBVE|FTkNSWVBURUQ)',
  ),
  form('private_key', String.raw`(?<=\bPrivateKey\s{0,3}=\s{0,3})[A-Za-z0-9+/]{43}=`),
  form('service_token', `${B}(?:${SERVICE_TOKENS.join('|')})`),
  form('discord_webhook', String.raw`discord(?:app)?\.com/api/webhooks/\d{15,22}/[A-Za-z0-9_-]{20,}`),
  form('age_key', `${B}AGE-SECRET-KEY-1[A-Z0-9]{20,}`),
  form(
    'bearer',
    String.raw`\b(?:Bearer|Basic)\s{1,3}(?=[A-Za-z0-9._~+/=-]{0,60}\d)[A-Za-z0-9._~+/=-]{16,}`,
    'i',
  ),
  {
    ...form('basic_login', String.raw`(?<=\bBasic\s{1,3})[A-Za-z0-9+/]{6,}={0,2}`, 'i'),
    really: isLogin,
  },
  {
    ...form('registry_login', String.raw`(?<=\b_?auth["']?\s{0,2}[:=]\s{0,2}["']?)[A-Za-z0-9+/]{6,}={0,2}`),
    really: isLogin,
  },
  form(
    'curl_login',
    String.raw`(?<=\bcurl\b[^\n]{0,100}\s(?:-u|--user)\s{0,2}["']?[^\s:"'<$]{1,40}:)${ODD}[^\s"']{6,60}`,
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
    String.raw`(?<=(?:password|passwd|passphrase|passwort|kennwort|mot de passe|contraseña|pwd|(?:db|user|root|admin|smtp|ftp|mysql|redis|pg)[\s_-]?pass|api[\s_-]?(?:key|token|secret)|(?:client|signing|app|webhook)[\s_-]?secret|secret[\s_-]?key(?:_base)?|(?:auth|access|refresh|session|private|bot)[\s_-]?token)${ASSIGN})${ODD}(?!arn:|https?:|(?:var|local|data|module|process|os|env|self|this|config|settings|secrets|aws_\w+)\.|\w+\()[^\s"'\`<>,;]{6,100}`,
    'i',
  ),
  form('password', `(?<=<(?:password|passwd|pwd|secret)>)${ODD}[^<\\s]{4,100}(?=<)`, 'i'),
  form('password', `(?<=--(?:password|passwd|token|api-key|secret)\\s{1,3}["']?)${ODD}[^\\s"'<>]{6,100}`),
  form(
    'password',
    String.raw`(?<=\|\s{1,3}[*_\`]{0,3}(?:[a-z]{1,20}\s)?(?:password|passphrase|passwort|kennwort|pwd)[*_\`]{0,3}\s{1,20}\|\s{1,3}[*_\`]{0,3})${ODD}(?!\d{4}-)[^\s|"'\`<>]{6,100}`,
    'i',
  ),
  form(
    'password',
    `(?<=\\b(?:login\\s{1,3}\\S{1,60}\\s{1,5}password|sshpass\\s{1,3}-p)\\s{1,3}["']?)${ODD}[^\\s"'<>]{6,100}`,
  ),
  // Of a service that is not known: in a kubeconfig, a header, or the environment. A place in a list is none.
  {
    ...form(
      'named_token',
      String.raw`(?=[a-z0-9+/=_.~-]{16})(?<=(?:(?<![a-z0-9])token|(?<=[a-z0-9]_)secret)${ASSIGN})(?<!(?:next|page|pagination|continuation|starting|resume|sync|client)[\s_-]token${ASSIGN})(?=\S{0,60}\d)[a-z0-9+/=_.~-]{16,}`,
      'i',
    ),
    really: isNoName,
  },
];

/** Invisible characters that could stand inside a secret without anybody's seeing it. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/** Letters of other alphabets that look like ours. */
const LOOKALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...'АAВBЕEЅSІIЈJКKМMНHОOРPСCТTХXУYаaеeіiјjоoрpсcѕsхxуyԁdԛqԝwһhкkмmтtнhвbӀIӏlıiɡgոnսuօoցgհhԌGѴVѵvᎪAᏴBᏟCᎠDᎬEᎻHᎫJᏦKᏞLᎷMᏢPᏚSᎢTᏙVᎳWᏃZᎩYΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXοoνvαaρp',
  ]
    .map((letter, i, all) => [letter, all[i + 1] ?? ''] as const)
    .filter((_pair, i) => i % 2 === 0),
);

/**
 * One of these stands in every form but `WORD_FORMS`. Written out in both cases: a pattern that ignores case is
 * four times slower, and every line of the log meets this one.
 */
const HINT =
  /AKIA|ASIA|ABIA|ACCA|[Ss][Ee][Cc][Rr][Ee][Tt]|FwoGZXIvYXdz|IQoJb3JpZ2lu|ABSK|bedrock-api|[Xx]-[Aa][Mm][Zz]-|gh[pousr]_|github_pat|gl[a-z]{1,5}[-_]|xox|xapp-|hooks\.slack|[Ww][Ee][Bb][Hh]|AIza|GOCSPX|ya29|1\/\/0|[sr]k_|whsec|sk-|npm_|pypi-|dckr_|hf_|SG\.|SK[0-9a-f]|[Kk][Ee][Yy]|do[orp]_v1|dapi|hv[sbr]\.|ATATT3|shp[acps]|sq0|:AA|[Ss][Ii][Gg]=|Q~|eyJ|PRIVATE|PuTTY|[Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc]|:\/\/|[Pp][Ww][Dd]|[Pp][Aa][Ss][Ss]|[Kk][Ee][Nn][Nn]|[Cc][Oo][Nn][Tt][Rr][Aa][Ss]|[Tt][Oo][Kk][Ee][Nn]|[?&]code=|BEGIN|LS0tLS1CRUd|_?auth\b|curl|-us\d|figd_|ntn_|pplx-|SSWS|tskey|xai-|xkeysib|webhooks\/|gsk_|r8_|NRAK|ATBB|--token/;
const LONG_WORD = /[A-Za-z0-9/+_.-]{40}/;

/** Forms that a long word may have without any hint. */
const WORDS: ReadonlySet<string> = new Set([
  'aws_secret_key',
  'azure_devops_token',
  'discord_token',
  'service_token',
]);
const WORD_FORMS = SECRET_FORMS.filter(({ name }) => WORDS.has(name));

/** Those that the text may have. */
const formsFor = (text: string): readonly SecretForm[] =>
  HINT.test(text) ? SECRET_FORMS : LONG_WORD.test(text) ? WORD_FORMS : [];

/** The name of the first form of a secret in the text; undefined when there is none. Pure. */
export function secretIn(text: string): string | undefined {
  const found = formIn(text);
  if (found !== undefined) return found;
  const words = isPlain(text) ? text : plain(text);
  const unmarked = words.replace(MARKUP, '');
  return words === text && unmarked === words ? undefined : (formIn(words) ?? formIn(unmarked));
}

/** Marks of Markdown that a reader does not see: escapes, and emphasis in the middle of a word. */
const MARKUP = /\\(?=[!-/:-@[-`{-~])|(?<=[A-Za-z0-9_-])(?:\*{1,3}|`|~~)(?=[A-Za-z0-9_-])/g;

/** What a reader takes the text for: without invisible characters and with letters of one alphabet. */
function plain(text: string): string {
  let folded = '';
  for (const letter of text.normalize('NFKC').replace(INVISIBLE, '')) folded += LOOKALIKES[letter] ?? letter;
  return folded;
}

const MAYBE_MARKUP = /\\|[A-Za-z0-9_-][*`~]/;
/** Every hint is shorter, and so is what makes a long word. Characters. */
export const HINT_REACH = 60;

/** Nothing in it hints at a secret: there is none in it, and none in what joins two such texts that share `HINT_REACH`. Pure. */
export function isFarFromSecrets(text: string): boolean {
  return isPlain(text) && !MAYBE_MARKUP.test(text) && formsFor(text).length === 0;
}

function formIn(text: string): string | undefined {
  return formsFor(text).find(({ form, really }) => {
    if (!really) return text.search(form) >= 0;
    return [...text.matchAll(form)].some(([match]) => really(match));
  })?.name;
}

function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 126) return false;
  return true;
}

/** A name and a password, as HTTP and registries write them. */
function isLogin(match: string): boolean {
  return /^[\x20-\x7e]{1,100}:[\x20-\x7e]{3,}$/.test(Buffer.from(match, 'base64').toString('latin1'));
}

/** Names are made of words and short numbers, with signs between. */
function isNoName(match: string): boolean {
  return !match.split(/[-_./+=~]/).every((part) => /^[a-z]*\d{0,4}$/i.test(part));
}

/** Forty letters by chance rarely make words: one such key in 170,000 does. */
function looksRandom(match: string): boolean {
  const inWords = (match.match(/[a-z]{3,}/g) ?? []).join('').length;
  return inWords < 27 && /[a-z]/.test(match) && /[A-Z]/.test(match);
}

/** The text with each secret replaced. Pure. */
export function maskSecrets(text: string, label = '[hidden]'): string {
  let masked = text;
  for (const { form, really } of formsFor(text))
    masked = masked.replace(form, (match: string) => (really && !really(match) ? match : label));
  return masked;
}
