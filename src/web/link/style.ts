import { createHash } from 'node:crypto';

/** Every colour on the ground that it stands on has a contrast of 4.5 or more, in both schemes; a browser test counts. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f2f4f7; --card: #fff; --text: #16191f; --muted: #50575f; --line: #7d8793;
  --accent: #0b5cad; --on-accent: #fff; --warn: #7a3300; --warn-ground: #fff3e0; }
@media (prefers-color-scheme: dark) {
  :root { --page: #13161b; --card: #1d222a; --text: #e9ebee; --muted: #aab2bd; --line: #8a94a1;
    --accent: #86bfff; --on-accent: #0b1a2b; --warn: #ffc58a; --warn-ground: #33271a; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; }
main { max-width: 34rem; margin: 4vh auto; padding: clamp(1rem, 5vw, 2rem); background: var(--card);
  border: 1px solid var(--line); border-radius: .75rem; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
dl { margin: 0 0 1rem; }
dt { color: var(--muted); }
dd { margin: 0 0 .75rem; font-weight: 600; }
dd span { display: block; font-weight: 400; }
code { font-family: ui-monospace, monospace; padding: 0 .25em; border: 1px solid var(--line); border-radius: .25em; }
.warning { padding: .75rem 1rem; color: var(--warn); background: var(--warn-ground);
  border-inline-start: .25rem solid currentColor; border-radius: .25rem; }
form { display: flex; flex-wrap: wrap; gap: .75rem; }
button { flex: 1 1 12rem; min-height: 2.75rem; padding: .625rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--accent); background: transparent; border: 2px solid var(--accent); border-radius: .375rem; }
button.yes { color: var(--on-accent); background: var(--accent); }
:focus-visible { outline: 3px solid var(--text); outline-offset: 3px; }
`;

/** How a policy names this style, and no other. */
export const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;
