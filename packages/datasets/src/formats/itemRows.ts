import { AmrError, digest } from '@agentmmrec/core';
import type { ItemContent } from '../contract.js';
import type { ItemWords } from '../files/plainText.js';

/** One item of the list. */
export interface ListedItem {
  readonly id: string;
  readonly content: ItemContent;
  /** an image file that the line names and that is not there */
  readonly missingImage: string | null;
  /** where the image can be fetched from, when the list names a web address instead of a file */
  readonly imageUrl: string | null;
  /** HTML was taken out of its words */
  readonly cleaned: boolean;
  /** its title was, or held, code of a page */
  readonly code: boolean;
}

/** What a row of a list says besides its item. */
export interface ItemRow {
  readonly item: ListedItem;
  /** `data/items.csv line 7` */
  readonly where: string;
  /** the row is no item of its own but a picture, a rule or a variant of the item above */
  readonly belongs: boolean;
  /** what the variants of a product have in common; '' for none */
  readonly group: string;
}

/**
 * Gathers the rows of a list into items. Shops write an item in several rows, one for each variant or picture: what further rows
 * leave out counts as the first has it, and the first picture counts.
 */
export class ItemRows {
  readonly items: ListedItem[] = [];
  private readonly placeOf = new Map<string, { readonly number: number; readonly place: string }>();
  private readonly firstOf = new Map<string, number>();
  private repeated = 0;
  private continued = 0;
  private inherited = 0;

  /** @throws AmrError input: an item listed twice with other words */
  add({ item, where, belongs, group }: ItemRow): void {
    if (belongs && this.items.length > 0) {
      this.continued++;
      this.items.push(joined(this.items.pop() as ListedItem, item));
      return;
    }
    const own = this.withWordsOf(group, item);
    const before = this.placeOf.get(own.id);
    if (before === undefined) {
      const place = where.slice(where.lastIndexOf(' ', where.lastIndexOf(' ') - 1) + 1);
      this.placeOf.set(own.id, { number: this.items.length, place });
      this.items.push(own);
      return;
    }
    const first = this.items[before.number];
    if (digest(first) === digest(own)) this.repeated++;
    else if (addsNothing(own.content, first.content)) this.continued++;
    else throw listedTwice(where, own.id, before.place);
    this.items[before.number] = joined(first, own);
  }

  remarks(listName: string): string[] {
    const remarks: string[] = [];
    if (this.repeated > 0)
      remarks.push(`${this.repeated} lines of ${listName} repeat an item as it stands: they count once`);
    if (this.continued > 0) {
      remarks.push(
        `${this.continued} lines of ${listName} go on with an item above (variants, further pictures): its first picture counts`,
      );
    }
    if (this.inherited > 0) {
      remarks.push(
        `${this.inherited} variants in ${listName} take the words they lack from the first of their product`,
      );
    }
    return remarks;
  }

  /** A variant says of its product only in the first row. */
  private withWordsOf(group: string, item: ListedItem): ListedItem {
    if (group === '') return item;
    const first = this.firstOf.get(group);
    if (first === undefined) {
      this.firstOf.set(group, this.items.length);
      return item;
    }
    const whole = joined(item, this.items[first]);
    if (digest(whole.content) !== digest(item.content)) this.inherited++;
    return whole;
  }
}

const wordFields = ['title', 'brand', 'description'] as const;

/** Whether a row has no words at all. */
export function isWordless({ title, brand, description, categories }: ItemWords): boolean {
  return title === '' && brand === '' && description === '' && categories.length === 0;
}

/** Whether a further row says nothing of an item's words that the first does not say. */
function addsNothing(further: ItemContent, first: ItemContent): boolean {
  const alike = wordFields.every((name) => further[name] === '' || further[name] === first[name]);
  return alike && (further.categories.length === 0 || digest(further.categories) === digest(first.categories));
}

/** An item with what it lacks from a further row. */
function joined(item: ListedItem, further: ListedItem): ListedItem {
  const { content, imageUrl, missingImage } = item;
  const pictured = content.imagePath !== null || imageUrl !== null || missingImage !== null;
  const picture = pictured ? item : further;
  return {
    ...item,
    content: {
      title: content.title || further.content.title,
      brand: content.brand || further.content.brand,
      categories: content.categories.length > 0 ? content.categories : further.content.categories,
      description: content.description || further.content.description,
      imagePath: picture.content.imagePath,
    },
    imageUrl: picture.imageUrl,
    missingImage: picture.missingImage,
  };
}

function listedTwice(where: string, id: string, before: string): AmrError {
  return new AmrError({
    what: where,
    got: `item ${JSON.stringify(id)} again`,
    expected: `each id once, or the same of it; it is in ${before} already`,
    hint: 'remove one of the two lines',
  });
}
