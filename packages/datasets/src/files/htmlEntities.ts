/** U+00A0 to U+00FF in their order. */
const latin =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot ' +
  'cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml ' +
  'Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig ' +
  'agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ' +
  'ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml';

/** Greek capitals from U+0391 (one place is empty) and small letters from U+03B1. */
const greekCapitals =
  'Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho - Sigma Tau Upsilon Phi Chi Psi Omega';
const greekLetters =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau upsilon phi chi psi omega';

const others: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", num: '#', excl: '!', comma: ',', period: '.', colon: ':' },
  ...{ lpar: '(', rpar: ')', lsqb: '[', rsqb: ']', plus: '+', equals: '=', percnt: '%', dollar: '$', commat: '@' },
  ...{ sol: '/', bsol: '\\', lowbar: '_', ast: '*', semi: ';', quest: '?', vert: '|', Tab: '\t', NewLine: '\n' },
  ...{ ensp: ' ', emsp: ' ', thinsp: ' ', zwnj: '', zwj: '', lrm: '', rlm: '' },
  ...{ ndash: '–', mdash: '—', lsquo: '‘', rsquo: '’', sbquo: '‚', ldquo: '“', rdquo: '”', bdquo: '„' },
  ...{
    dagger: '†',
    Dagger: '‡',
    bull: '•',
    hellip: '…',
    permil: '‰',
    prime: '′',
    Prime: '″',
    lsaquo: '‹',
    rsaquo: '›',
  },
  ...{ oline: '‾', frasl: '⁄', euro: '€', trade: '™', larr: '←', uarr: '↑', rarr: '→', darr: '↓', harr: '↔' },
  ...{ minus: '−', radic: '√', infin: '∞', asymp: '≈', ne: '≠', equiv: '≡', le: '≤', ge: '≥', sum: '∑', prod: '∏' },
  ...{ loz: '◊', spades: '♠', clubs: '♣', hearts: '♥', diams: '♦', check: '✓', star: '☆', starf: '★' },
  ...{ OElig: 'Œ', oelig: 'œ', Scaron: 'Š', scaron: 'š', Yuml: 'Ÿ', fnof: 'ƒ', circ: 'ˆ', tilde: '˜' },
  ...{ half: '½', horbar: '―', hyphen: '‐', phone: '☎', female: '♀', male: '♂' },
};

function run(names: string, first: number): [string, string][] {
  return names.split(' ').map((name, n) => [name, String.fromCodePoint(first + n)]);
}

/** The named character references of HTML 4, and those of HTML 5 that shops use. */
const named = new Map([
  ...run(latin, 0xa0),
  ...run(greekCapitals, 0x391),
  ...run(greekLetters, 0x3b1),
  ...Object.entries(others),
  ['nbsp', ' '],
  ['shy', ''],
]);

/** Numbers 128 to 159 are control characters; browsers read them as Windows does, and so do those who write them. */
const windows = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

const reference = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z][a-zA-Z0-9]{1,9}));/g;

/** Whether a text holds character references. */
export function holdsEntities(text: string): boolean {
  for (const [whole, decimal, hexadecimal, name] of text.matchAll(reference)) {
    if (decode(whole, decimal, hexadecimal, name) !== whole) return true;
  }
  return false;
}

/** The text with its character references as characters; unknown names stay. */
export function decodeEntities(text: string): string {
  return text.replace(reference, decode);
}

function decode(whole: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return named.get(name) ?? whole;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  if (code >= 128 && code < 160) return windows[code - 128];
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}
