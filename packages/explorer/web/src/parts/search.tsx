import { useEffect, useRef, useState } from 'preact/hooks';
import { askOnce, type ReplyOf } from '../answers.js';
import { go, itemAddress, userAddress } from '../router.js';
import { Picture } from './parts.js';

interface Suggestion {
  readonly kind: 'user' | 'item';
  readonly id: string;
  readonly title: string;
  readonly hasPicture: boolean;
}

/** A field that finds users and items by id or title; arrows and Enter choose. */
export function Search(props: { label: string; isMain?: boolean; onChoose?(found: Suggestion): void }) {
  const { label, isMain, onChoose } = props;
  const [words, setWords] = useState('');
  const [found, setFound] = useState<readonly Suggestion[]>([]);
  const [at, setAt] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const asked = useRef('');

  useEffect(() => {
    const wanted = words.trim();
    asked.current = wanted;
    if (wanted === '') {
      setFound([]);
      return;
    }
    const timer = setTimeout(async () => {
      const reply = await askOnce('searchEntities', { q: wanted, limit: 8 });
      if (asked.current !== wanted) return;
      setFound(reply ? suggestionsOf(reply) : []);
      setAt(0);
      setOpen(true);
    }, 120);
    return () => clearTimeout(timer);
  }, [words]);

  useEffect(() => {
    if (!isMain) return;
    const focus = (event: KeyboardEvent) => {
      const isTyping = /^(input|select|textarea)$/i.test((event.target as Element).tagName);
      if (event.key !== '/' || isTyping) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener('keydown', focus);
    return () => removeEventListener('keydown', focus);
  }, [isMain]);

  const choose = (one: Suggestion | undefined) => {
    if (!one) return;
    setOpen(false);
    setWords('');
    field.current?.blur();
    if (onChoose) onChoose(one);
    else go(one.kind === 'user' ? userAddress(one.id) : itemAddress(one.id));
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setOpen(false);
    else if (event.key === 'Enter') choose(found[at]);
    else if (event.key === 'ArrowDown') setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else return;
    event.preventDefault();
  };
  const list = isMain ? 'found-everywhere' : 'found-here';
  return (
    <div
      class="search"
      onFocusOut={(event) => !event.currentTarget.contains(event.relatedTarget as Node | null) && setOpen(false)}
    >
      <input
        ref={field}
        class="field"
        type="search"
        placeholder={isMain ? 'Find user or item  /' : 'A user or an item'}
        aria-label={label}
        {...comboboxOf(list, isOpen && found.length > 0, at)}
        value={words}
        onInput={(event) => setWords(event.currentTarget.value)}
        onFocus={() => setOpen(true)}
        onKeyDown={press}
      />
      {isOpen && words.trim() !== '' && (
        <div class="suggestions" id={list} role="listbox" aria-label={label}>
          {found.length === 0 && <div class="of">nothing by that id or title</div>}
          {found.map((one, n) => (
            <a
              key={`${one.kind} ${one.id}`}
              id={`${list}-${n}`}
              role="option"
              aria-selected={n === at}
              tabIndex={-1}
              href={one.kind === 'user' ? userAddress(one.id) : itemAddress(one.id)}
              onMouseDown={(event) => event.preventDefault()}
              onClick={(event) => {
                event.preventDefault();
                choose(one);
              }}
            >
              {one.kind === 'item' && <Picture {...one} />}
              <span>
                {one.title || one.id}
                <span class="soft small"> {one.kind === 'user' ? 'user' : one.id}</span>
              </span>
            </a>
          ))}
        </div>
      )}
    </div>
  );
}

/** A field with a list below it, for readers that cannot see it; the types know the role for the browser's own lists alone. */
function comboboxOf(list: string, isExpanded: boolean, at: number): object {
  return {
    role: 'combobox',
    'aria-expanded': isExpanded,
    'aria-controls': list,
    'aria-autocomplete': 'list',
    ...(isExpanded && { 'aria-activedescendant': `${list}-${at}` }),
  };
}

function suggestionsOf({ users, items }: ReplyOf<'searchEntities'>): Suggestion[] {
  return [
    ...users.map(({ id }) => ({ kind: 'user' as const, id, title: '', hasPicture: false })),
    ...items.map(({ id, title, hasPicture }) => ({ kind: 'item' as const, id, title, hasPicture })),
  ];
}
