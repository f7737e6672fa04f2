import type { CONTENT_TYPES, Strength } from '../model.ts';

/**
 * Phrases by which harmful content is known here, in English, German, French and Spanish. AWS asks models, which also
 * see what is meant; this sees what is written.
 */

type ContentType = (typeof CONTENT_TYPES)[number];
type Confidence = Exclude<Strength, 'NONE'>;

/** `word` and `verb object` patterns between word borders. */
const any = (...sources: readonly string[]) =>
  new RegExp(String.raw`(?<![\p{L}\p{N}-])(?:${sources.join('|')})(?![\p{L}\p{N}])`, 'iu');

const GROUPS =
  '(?:immigrants?|migrants?|foreigners?|refugees?|muslims?|jews?|christians?|women|gays?|lesbians?|black people|disabled people|arabs?|asians?|ausländer|juden|muslime|frauen|flüchtlinge|migranten|behinderte|schwule|immigr[ée]s|juifs|musulmans|femmes|étrangers|réfugiés|handicapés|inmigrantes|judíos|musulmanes|mujeres|extranjeros|refugiados|gitanos)';
const PERSON =
  '(?:him|her|them|you|someone|somebody|people|my (?:boss|wife|husband|neighbou?r|colleague|ex|manager)|a person|everyone|yourself|myself)';

const PHRASES: Readonly<Record<ContentType, readonly (readonly [Confidence, RegExp])[]>> = {
  HATE: [
    [
      'HIGH',
      any(
        `(?:all )?(?:the )?${GROUPS} (?:are|is) (?:all )?(?:vermin|subhuman|parasites?|animals|inferior|criminals|scum|filth|stupid|a plague|disgusting|worthless)`,
        `(?:i )?(?:hate|despise) (?:all |these |those )?(?:the )?${GROUPS}`,
        `(?:exterminate|deport|get rid of|gas|eliminate) (?:all )?(?:the |these )?${GROUPS}`,
        `(?:alle )?${GROUPS} sind (?:alle )?(?:ungeziefer|parasiten|minderwertig|abschaum|kriminelle|dumm|dreck|untermenschen)`,
        `ich hasse (?:alle )?${GROUPS}`,
        `${GROUPS} raus`,
        `(?:tous )?(?:les )?${GROUPS} sont (?:tous |toutes )?(?:des )?(?:parasites|inférieur[es]*|animaux|criminels|vermine|stupides|déchets|sous-hommes)`,
        `je (?:hais|déteste) (?:tous |toutes )?les ${GROUPS}`,
        `(?:todos |todas )?(?:los |las )?${GROUPS} son (?:todos |todas )?(?:unos |unas )?(?:parásitos|inferiores|animales|criminales|escoria|basura|tont[ao]s|plaga)`,
        `odio a (?:todos |todas )?(?:los |las )?${GROUPS}`,
      ),
    ],
    [
      'MEDIUM',
      any(
        `${GROUPS} (?:should|must) not be (?:hired|allowed|trusted|employed)`,
        `(?:don['’]?t|never|do not) (?:hire|trust|employ) (?:any )?${GROUPS}`,
        'go back to (?:your|their) (?:own )?countr(?:y|ies)',
      ),
    ],
  ],
  INSULTS: [
    [
      'HIGH',
      any(
        String.raw`(?:you(?:['’]re| are)|ur) (?:such )?(?:an? |the )?(?:\w+ )?(?:idiot|moron|imbecile|stupid|dumb|useless|worthless|pathetic|loser|clown|brainless|ugly)`,
        '(?:stupid|dumb|useless|worthless|pathetic|brainless) (?:bot|idiot|robot|piece of (?:junk|garbage|trash)|moron|fool)',
        'shut up,? (?:you )?(?:idiot|moron|stupid|fool)',
        String.raw`du (?:bist )?(?:so )?(?:ein(?:e)? )?(?:\w+ )?(?:idiot(?:in)?|trottel|depp|versager|dumm|dummkopf|blödmann|nutzlos|blöd|hirnlos)`,
        String.raw`(?:tu es|t['’]es|vous êtes|espèce d['’e]) ?(?:vraiment )?(?:une? )?(?:\w+ )?(?:idiot|idiote|imbécile|stupide|nul|nulle|crétin|débile|inutile)`,
        String.raw`(?:eres|es usted) (?:un |una )?(?:\w+ )?(?:idiota|estúpid[oa]|imbécil|inútil|tont[oa]|payaso|patétic[oa])`,
      ),
    ],
    [
      'MEDIUM',
      any(
        'nobody likes you',
        'what a (?:moron|loser|clown|joke of a (?:person|human))',
        'halt die klappe',
        'ferme-la',
        'cállate',
      ),
    ],
  ],
  SEXUAL: [
    [
      'HIGH',
      any(
        'porn(?:o|ography|ographic|os)?',
        '(?:nude|naked) (?:pictures?|photos?|body|bodies|wom[ae]n|m[ae]n|girls?|boys?|people|selfies?)',
        '(?:have|having|had) sex',
        '(?:explicit )?(?:erotic|erotica|sexual) (?:story|stories|fantas(?:y|ies)|acts?|roleplay|scenes?|content)',
        String.raw`masturbat\w+`,
        'blow ?jobs?',
        String.raw`sex (?:haben|szenen?)|erotische\w* \w+|nacktfotos?|nacktbilder?`,
        '(?:photos? )?(?:de femmes? )?nues?|histoires? érotiques?|relations? sexuelles?',
        'fotos? de (?:mujeres|chicas) desnudas|desnud[oa]s|(?:relato|historia|cuento)s? eróticos?|eróticas?|tener sexo',
      ),
    ],
    ['MEDIUM', any('sexy', 'undress(?:ed|ing)?', 'seduce', 'make out with', 'strip(?:per|tease)')],
  ],
  VIOLENCE: [
    [
      'HIGH',
      any(
        `(?:kill|murder|stab|shoot|strangle|poison|behead|torture|beat up|hurt) ${PERSON}`,
        String.raw`(?:build|make|assemble|construct) (?:a |an )?(?:\w+ )?(?:bomb|explosives?|grenade|molotov\w*)`,
        '(?:shoot up|blow up|bomb|burn down) (?:the |a |my |our )?(?:school|office|building|church|mosque|train|house)',
        'mass (?:shooting|murder)',
        '(?:bombe|sprengstoff|rohrbombe) (?:zu )?(?:bauen|basteln|bau(?:e|t)?)',
        String.raw`(?:meinen? \w+|jemanden|ihn|sie|dich|euch|menschen) (?:um(?:zu)?bringen|(?:zu )?töten|(?:zu )?erschießen|(?:zu )?erstechen|(?:zu )?ermorden|verprügeln)`,
        String.raw`(?:fabriquer|construire|faire) une bombe|(?:tuer|assassiner|poignarder|étrangler|frapper) (?:mon|ma|mes|quelqu['’]un|des gens|une personne|le|la|les)(?! (?:process\w*|serveurs?|instances?|tâches?|conteneurs?))`,
        '(?:fabricar|construir|hacer) una bomba|(?:matar|asesinar|apuñalar|estrangular|golpear) a (?:mi|mis|alguien|una persona|la gente|todos)',
      ),
    ],
    [
      'MEDIUM',
      any(
        `(?:going to|gonna|will) (?:hurt|beat|hit|punch|slap) (?:${PERSON})`,
        'bloodbath',
        'massacre',
        'make (?:him|her|them) suffer',
      ),
    ],
  ],
  MISCONDUCT: [
    [
      'HIGH',
      any(
        String.raw`(?:write|create|code|build|develop|give me|deploy) (?:me )?(?:a |an |some )?(?:\w+ )?(?:ransomware|malware|keylogger|phishing (?:e-?mail|page|site|kit|message)|computer virus|trojan|botnet)`,
        String.raw`(?:hack|break) into (?:(?:some|any)(?:one|body)(?:['’]s)?|my \w+(?:['’]s)?|a|an|the|his|her|their|another|other)\b`,
        "(?:steal|sell|buy) (?:stolen |people['’]s |customers?['’]? |other people['’]s )?(?:credit cards?|passwords|identit(?:y|ies)|card numbers|customer data|personal data)",
        'launder(?:ing)? (?:the |my |some )?(?:money|cash)',
        '(?:forge|counterfeit|fake) (?:a |an |some )?(?:passports?|signatures?|documents?|banknotes?|invoices?|ids?)',
        '(?:make|cook|synthesi[sz]e|buy) (?:meth|cocaine|heroin|crystal meth|illegal drugs)',
        '(?:evade|evading|dodge) taxes|bribe (?:a|an|the)|insider trading tips',
        String.raw`(?:launch|start|run) (?:a )?ddos (?:attack )?(?:on|against)|ddos (?:my|a|the) (?:competitor|website|rival)\w*`,
        String.raw`(?:schadsoftware|ransomware|phishing-?mail|keylogger|virus) (?:zu )?(?:schreiben|programmieren|erstellen|bauen|für)|geld (?:zu )?waschen|ausweis (?:zu )?fälschen|(?:konto|account|e-mail-konto|handy)\w* (?:\w+ )?(?:zu )?hacken|steuern (?:zu )?hinterziehen|kreditkarten(?:daten)? (?:zu )?(?:stehlen|klauen)`,
        "(?:écri(?:s|re|vez)|créer?|développer?) (?:-moi )?(?:un |une )?(?:rançongiciel|ransomware|logiciel malveillant|malware|virus|keylogger|mail d['’]hameçonnage|e-mail de phishing)|blanchir (?:de )?l['’]argent|faux (?:passeports?|papiers?|billets?)|pirater (?:le|la|un|une|mon|ma|les)|voler (?:des|les) (?:cartes?|mots de passe|données)",
        '(?:escrib[ei]r?|crear?|programar?|haz(?:me)?) (?:un |una )?(?:ransomware|malware|virus|keylogger|correo de phishing)|(?:lavar|blanquear) dinero|falsificar|hackear (?:el|la|un|una|a|mi)|robar (?:tarjetas|contraseñas|datos|identidades)',
      ),
    ],
    [
      'MEDIUM',
      any(
        '(?:bypass|get around|avoid) (?:the )?(?:audit|compliance|law|police)',
        'without (?:getting caught|leaving (?:any )?traces?|being caught)',
        'crack(?:ed)? (?:software|licen[cs]e|password)',
        'ohne erwischt zu werden',
        'sans se faire prendre',
        'sin que me pillen',
      ),
    ],
  ],
  PROMPT_ATTACK: [
    [
      'HIGH',
      any(
        String.raw`(?:ignore|disregard|forget|override|bypass) (?:\w+ ){0,3}(?:previous|prior|above|earlier|preceding|your|all|system|safety|these) (?:\w+ ){0,2}(?:instructions?|prompts?|rules|directions?|guidelines|guardrails?|restrictions|filters?)`,
        String.raw`(?:reveal|print|show|repeat|output|leak|tell me|display|dump) (?:\w+ ){0,3}(?:your|the|hidden) (?:\w+ ){0,2}(?:system prompt|initial prompt|hidden instructions|initial instructions|original instructions|developer message)`,
        'you are (?:now )?(?:dan|in developer mode|unrestricted|jailbroken|an ai without)',
        '(?:do anything now|developer mode (?:enabled|on)|jailbreak(?:ed)? mode)',
        String.raw`(?:pretend|act|respond|answer|behave) (?:\w+ ){0,6}(?:no|without(?: any)?) (?:\w+ )?(?:restrictions|rules|limits|filters|guidelines|limitations)`,
        String.raw`(?:ignoriere|vergiss|missachte|umgehe) (?:\w+ ){0,3}(?:vorherigen|bisherigen|obigen|deine|alle|früheren) (?:\w+ ){0,2}(?:anweisungen|regeln|vorgaben|instruktionen|einschränkungen)`,
        String.raw`(?:zeige?|verrate|nenne|gib)(?: mir)? (?:\w+ ){0,3}(?:systemprompt|system-prompt|systemanweisung(?:en)?)`,
        String.raw`(?:ignore[zr]?|oublie[zr]?|contourne[zr]?) (?:\w+ ){0,3}(?:instructions?|règles|consignes|restrictions)(?: (?:précédentes|ci-dessus|antérieures))?`,
        String.raw`(?:révèle|affiche|montre|donne)(?:-moi)? (?:\w+ ){0,3}(?:invite système|prompt système|instructions (?:système|cachées))`,
        String.raw`(?:ignora|olvida|omite|sáltate) (?:\w+ ){0,3}(?:instrucciones|reglas|indicaciones|restricciones)(?: (?:anteriores|previas))?`,
        String.raw`(?:revela|muestra|dime|muéstrame) (?:\w+ ){0,3}(?:prompt del sistema|instrucciones (?:del sistema|ocultas))`,
      ),
    ],
    [
      'MEDIUM',
      any(
        String.raw`\[?\[?(?:system|admin|root)\]?\]?\s*(?:override|:\s*you (?:are|must|will))`,
        'from now on you (?:are|will|must)',
        String.raw`<\/?(?:system|instructions?)>`,
        'new instructions:',
        'ab jetzt bist du',
        'à partir de maintenant,? tu es',
        'a partir de ahora eres',
      ),
    ],
    [
      'LOW',
      any(
        'hypothetically,? if you had no',
        'role-?play as',
        '(?:base64|rot13)[- ]?(?:decode|encoded) (?:this|the following) and (?:follow|execute|obey)',
      ),
    ],
  ],
};

/** How sure it is that a text is of this kind. */
export function confidenceOf(text: string, type: ContentType): Strength {
  return PHRASES[type].find(([, pattern]) => pattern.test(text))?.[0] ?? 'NONE';
}

const REACHED_BY: Readonly<Record<Strength, readonly Strength[]>> = {
  NONE: [],
  LOW: ['HIGH'],
  MEDIUM: ['HIGH', 'MEDIUM'],
  HIGH: ['HIGH', 'MEDIUM', 'LOW'],
};

/** A stronger filter blocks what is less sure. */
export const isFiltered = (strength: Strength, confidence: Strength) =>
  REACHED_BY[strength].includes(confidence);
