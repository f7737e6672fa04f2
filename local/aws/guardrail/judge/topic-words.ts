/**
 * Words by which some topics are known here, in English, German, French and Spanish. A topic is recognised by its own
 * name; one with another name is judged by its definition and examples alone.
 */

export interface Concept {
  /** Of the topic's name. */
  readonly named: RegExp;
  /** One of them is enough. */
  readonly strong: RegExp;
  /** Two of them, or one more than there are words of the cloud. */
  readonly weak: RegExp;
}

const any = (words: string) =>
  new RegExp(
    String.raw`(?<![\p{L}\p{N}-])(?:${words.trim().replace(/\s*\n\s*/g, '|')})(?![\p{L}\p{N}])`,
    'giu',
  );

export const CONCEPTS: readonly Concept[] = [
  {
    named: /polit/i,
    strong: any(String.raw`
      elections?|presidential|republicans?|democrats?|parliament|senators?|congress|politicians?|left-wing|right-wing|prime minister
      (?:vote|voted|voting) for|political part(?:y|ies)|president of (?:the )?(?:united states|usa|france|russia)|brexit|abortion law
      bundestag\w*|bundeskanzler\w*|wahl(?:en|kampf|programm)|(?:partei(?:en)?)|politiker\w*|regierung|abgeordnete\w*|cdu|spd|afd
      élections?|président(?:e|ielle)?s?|politiques?|députés?|sénat|gauche|extrême droite|premier ministre
      elecciones|presidente del gobierno|partidos?|polític[oa]s?|congreso de los diputados|votar|gobierno`),
    weak: any(
      'government|president|minister|vote|campaign|party|policy on immigration|immigration|gouvernement|voter|kanzler|wählen',
    ),
  },
  {
    named: /entertain/i,
    strong: any(String.raw`
      movies?|films?|netflix|tv shows?|sitcoms?|actors?|actress|singers?|taylor swift|lyrics|celebrit(?:y|ies)|oscars?|hollywood|video games?|playstation
      football (?:match|team|game|club)|world cup|champions league|jokes?|poem|song|horoscopes?|zodiac|bundesliga|super bowl|novel|playlist
      filme?|serien?|schauspieler\w*|sänger\w*|witze?|gedicht|lied|fußball\w*|horoskop|konzert\w*|videospiele?
      cinéma|séries?|acteurs?|actrice|chanteu(?:r|se)s?|chansons?|blagues?|poème|foot|horoscope|coupe du monde|jeux? vidéo
      películas?|actor(?:es)?|actriz|cantantes?|canci[oó]n(?:es)?|chistes?|poema|fútbol|horóscopo|videojuegos?`),
    weak: any(
      'music|band|concert|season|series|episode|game|sport|album|funny|musik|spiel|musique|música|partido',
    ),
  },
  {
    named: /medic|health/i,
    strong: any(String.raw`
      symptoms?|headaches?|migraine|diagnos(?:e|is)|medicines?|medications?|antibiotics?|ibuprofen|aspirin|paracetamol|dosage|doctor|vaccin\w+|diabetes|blood pressure|fever|chest pain|pregnan\w+|cancer|therapy for|rash|sore throat
      kopfschmerzen|symptome?|medikamente?|arzt|fieber|bauchschmerzen|rückenschmerzen|impfung|blutdruck|schwanger\w*|ausschlag|tabletten|krankheit
      symptômes?|maux? de tête|médicaments?|médecin|fièvre|douleurs?|vaccin|tension artérielle|enceinte|posologie
      síntomas?|dolor(?:es)? de|medicamentos?|médico|fiebre|vacuna|presión arterial|embarazada|dosis|enfermedad`),
    weak: any('pain|pills?|treatment|sick|illness|hurts?|dose|mg|schmerzen|krank|malade|mal|enferm[oa]'),
  },
  {
    named: /legal|law/i,
    strong: any(String.raw`
      lawyers?|attorneys?|lawsuit|sue|suing|court case|divorce|custody|landlord|tenant(?:s)? rights|employment contract|terminate my (?:lease|contract)|wrongful|copyright claim|(?:a|my|last) will and testament|parking ticket|legal advice|unfair dismissal
      rechtsanw[aä]lt\w*|anwalt|verklagen|klage|scheidung|sorgerecht|vermieter|mietvertrag|arbeitsvertrag|kündigungsschutz|testament|bußgeld
      avocats?|procès|divorce|garde des enfants|mon propriétaire|licenciement|poursuivre en justice|porter plainte|bail|testament
      abogad[oa]s?|demandar|demanda|divorcio|custodia|casero|despido|contrato de (?:alquiler|trabajo)|testamento|multa`),
    weak: any('court|judge|legal|illegal|law|contract|rights|gericht|gesetz|tribunal|loi|juez|ley'),
  },
  {
    named: /financ|invest/i,
    strong: any(String.raw`
      stocks?|shares of|bitcoin|crypto(?:currency|currencies)?|ethereum|mortgage|retirement|401k|pension|invest(?:ing|ment|ments)?|stock market|etfs?|mutual funds?|credit score|personal loan|forex|dividends?|day trading|savings account
      aktien?|geldanlage|anlegen|investieren|kredit|hypothek|rente|sparbuch|fonds|dividende|börse|kryptowährung\w*|altersvorsorge
      actions en bourse|bourse|investir|placements?|hypothèque|prêt immobilier|retraite|épargne|cryptomonnaies?|assurance[- ]vie|dividendes
      acciones|bolsa|invertir|inversi[oó]n(?:es)?|hipoteca|jubilación|ahorros|criptomonedas?|préstamo|dividendos`),
    weak: any(
      'money|bank|loan|taxes|portfolio|interest rate|salary|savings|geld|zinsen|argent|dinero|broker',
    ),
  },
  {
    named: /personal|relationship|lifestyle/i,
    strong: any(String.raw`
      girlfriend|boyfriend|my (?:wife|husband|marriage|crush|relationship|mother-in-law|parents|teenage \w+)|dating|break up|breakup|tinder|wedding|lonely|lose weight|diet|feel(?:ing)? (?:sad|depressed|anxious)|raise my (?:son|daughter|kids?)|first date|make friends
      freundin|meine? (?:frau|mann|ehe|beziehung|eltern|schwiegermutter)|beziehung|verliebt|abnehmen|hochzeit|einsam|trennung|liebeskummer
      (?:ma|mon) (?:copine|copain|femme|mari|mariage|couple|belle-mère)|amoureux|maigrir|régime|rupture|rencontrer quelqu['’]un|seule? et triste
      (?:mi) (?:novi[oa]|espos[oa]|marido|matrimonio|pareja|suegra)|adelgazar|dieta|boda|enamorad[oa]|ruptura|me siento sol[oa]`),
    weak: any('love|friend|family|life|feelings|happy|sad|liebe|familie|amour|famille|amor|familia|vacation'),
  },
  {
    named: /misinformation|conspirac/i,
    strong: any(`
      flat earth|earth is flat|moon landing (?:was|is) (?:a )?(?:fake|faked|hoax)|faked the moon landing|chemtrails?|illuminati|deep state|vaccines? (?:cause|contain)s? (?:autism|microchips?)|5g (?:causes|spreads)|holocaust (?:never|did not)|microchips? in (?:the )?vaccines?|climate change is a (?:hoax|lie)|covid (?:is|was) a (?:hoax|bioweapon)|lizard people|election was stolen|birds aren['’]t real
      erde ist (?:eine scheibe|flach)|mondlandung (?:war|ist) (?:gefälscht|ein fake|inszeniert)|chemtrails|impfungen (?:verursachen|enthalten)|klimawandel ist (?:eine )?lüge|5g verbreitet
      terre est plate|alunissage|atterrissage sur la lune (?:était|est) (?:faux|truqué)|vaccins? (?:contiennent|causent|rendent)|réchauffement climatique est un (?:mensonge|canular)|5g propage
      tierra es plana|llegada a la luna (?:fue|es) (?:falsa|un montaje)|vacunas (?:contienen|causan)|cambio climático es (?:una mentira|un engaño)|5g propaga`),
    weak: any(
      "hoax|conspiracy|cover-?up|they don['’]t want you to know|verschwörung|complot|conspiración|wake up",
    ),
  },
  {
    named: /general knowledge|trivia/i,
    strong: any(String.raw`
      capital (?:city )?of|who (?:invented|discovered|painted|wrote|composed|was the first)|how (?:tall|old|high|deep|far) (?:is|was) (?:the )?(?:mount|eiffel|everest|moon|sun|statue|\w+ (?:river|mountain|tower))|tallest (?:mountain|building)|longest river|photosynthesis|world war|roman empire|napoleon|shakespeare|einstein|recipe for|how (?:do i|to) (?:cook|bake)|population of|speed of light|weather (?:in|today|tomorrow)|planets|dinosaurs?|translate (?:this|the following)|what year did|currency of|history of (?:the )?(?:roman|french|egypt\w*|world)
      hauptstadt von|wer (?:hat|malte|schrieb|erfand|entdeckte)|wie hoch ist (?:der|die)|längste[rs]? fluss|weltkrieg|rezept für|wie (?:koche|backe) ich|einwohner(?:zahl)? (?:hat|von)|wetter|planeten|photosynthese|dinosaurier
      capitale (?:de|du|d['’])|qui a (?:inventé|découvert|peint|écrit)|quelle est la hauteur|plus long fleuve|guerre mondiale|recette (?:de|du|pour)|combien d['’]habitants|météo|quel temps|planètes|photosynthèse
      capital de|quién (?:inventó|descubrió|pintó|escribió)|qué altura tiene|río más largo|guerra mundial|receta (?:de|para)|cuántos habitantes|qué tiempo|planetas|fotosíntesis`),
    weak: any(
      'history|geography|country|century|ocean|animals?|cooking|geschichte|erdkunde|histoire|géographie|historia|geografía',
    ),
  },
];

/** What a cloud engineer talks about. It speaks against a topic outside of that. */
export const CLOUD = any(String.raw`
  aws|amazon web services|ec2|s3|lambdas?|rds|aurora|dynamodb|cloudfront|cloudwatch|cloudtrail|cloudformation|iam|vpcs?|subnets?|route ?53|eks|ecs|fargate|sqs|sns|bedrock|agentcore|kms|ebs|efs
  azure|gcp|cloud|terraform|ansible|helm|kubernetes|k8s|docker|containers?|clusters?|pods?|nodes?|servers?|serverless|instances?|buckets?|databases?|postgres\w*|mysql|redis|kafka|queues?|apis?|endpoints?|load balancers?|target groups?|health ?checks?|etcd|quorum|autoscaling|deploy(?:ment|ments|ed|ing|s)?|pipelines?|ci/cd|devops|infrastructure|git(?:hub|lab)?|repositor(?:y|ies)|logs?|logging|metrics|alarms?|monitoring|latency|throughput|encryption|backups?|snapshots?|dns|network|firewall|security groups?|polic(?:y|ies)|compliance|gdpr|soc ?2|hipaa|reserved instances?|savings plans?|cost explorer|bill(?:ing)?|script|python|bash|cli|sdk|yaml|json|code|microservices?|regions?|availability zones?|datacenters?|vms?|tags?|roles?|storage|cpu|memory
  datenbank\w*|protokoll\w*|bereitstell\w*|rechenzentrum|netzwerk|speicher|serveur\w*|réseau|base de données|déploiement|stockage|servidor\w*|base de datos|despliegue|almacenamiento|nube|instancias?`);
