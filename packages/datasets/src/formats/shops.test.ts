import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readColumnChoice } from '../files/columns.js';
import { errorOf, folderOf, removeFolders } from '../testing/folders.js';
import { readRaw } from './readRaw.js';

afterAll(removeFolders);

/** What is read of a shop's list, by id. */
async function listOf(items: string, more: Readonly<Record<string, string>> = {}, columns?: string) {
  const folder = folderOf({ 'interactions.csv': 'user,item\nann,none\n', 'items.csv': items, ...more });
  const raw = await readRaw(folder, 'auto', columns === undefined ? undefined : readColumnChoice(columns));
  const found = raw.itemIds.map((id, n) => [id, { ...raw.content?.[n], url: raw.imageUrls?.[n] ?? null }] as const);
  const remarks = raw.remarks.filter((remark) => !/is not used|are not used|not in items.csv/.test(remark));
  return { folder, items: Object.fromEntries(found.slice(1)), remarks };
}

describe('lists of products as shops export them', () => {
  test('Magento: pictures by their place in the shop, the deepest of its paths of categories', async () => {
    const { folder, items, remarks } = await listOf(
      'sku,name,categories,base_image\n' +
        'A,Tote,"Default Category/Gear,Default Category/Gear/Bags",/t/h/x.jpg\n' +
        'B,Pan,Default Category/Home,/p/a/n.jpg\n' +
        'C,Mug,Default Category,no_selection\n' +
        'D,Cup,,/c/u/p.jpg\n',
      { 't/h/x.jpg': 'picture', 'pub/media/catalog/product/p/a/n.jpg': 'picture' },
    );
    expect(items.A).toMatchObject({ title: 'Tote', categories: ['Gear', 'Bags'] });
    expect(items.A.imagePath).toBe(join(folder, 't/h/x.jpg'));
    expect(items.B.imagePath).toBe(join(folder, 'pub/media/catalog/product/p/a/n.jpg'));
    expect([items.C.imagePath, items.D.imagePath, items.B.categories]).toEqual([null, null, ['Home']]);
    expect(remarks).toEqual([
      '1 images named in items.csv are missing, such as "/c/u/p.jpg": copy the shop\'s folder of pictures beside it, as images',
    ]);
  });

  test('Shopify: a product in several rows, by its handle or by the codes of its variants', async () => {
    const products =
      'Handle,Title,Body (HTML),Vendor,Type,Variant SKU,Image Src,Image Position\n' +
      'shirt,Shirt,<p>Soft</p>,Acme,Tops,S-red,https://shop.example/1.jpg,1\n' +
      'shirt,,,,,S-blue,https://shop.example/2.jpg,2\n' +
      'shirt,,,,,,https://shop.example/3.jpg,3\n' +
      'mug,Mug,,Ox,Cups,M,,\n';
    const byHandle = await listOf(products);
    expect(Object.keys(byHandle.items)).toEqual(['shirt', 'mug']);
    expect(byHandle.items.shirt).toMatchObject({ title: 'Shirt', brand: 'Acme', url: 'https://shop.example/1.jpg' });
    expect(byHandle.remarks).toContain(
      '2 lines of items.csv go on with an item above (variants, further pictures): its first picture counts',
    );
    const byCode = await listOf(products, {}, 'id=Variant SKU');
    expect(Object.keys(byCode.items)).toEqual(['S-red', 'S-blue', 'M']);
    expect(byCode.items['S-blue']).toMatchObject({
      title: 'Shirt',
      description: 'Soft',
      url: 'https://shop.example/2.jpg',
    });
    expect(byCode.remarks).toContain(
      '1 variants in items.csv take the words they lack from the first of their product',
    );
    const asked = await errorOf(() => listOf('URL handle,Title,SKU\nmug,Mug,M\n'));
    expect(asked.message).toMatch(/"id" twice, as "SKU" and "URL handle".*--columns id=SKU/);
  });

  test('WooCommerce: numbers before codes, categories of one root, several pictures', async () => {
    const { items } = await listOf(
      'ID,Type,SKU,Name,Short description,Description,Categories,Images,Parent\n' +
        '7,variable,W7,Hoodie,Warm,Warm and soft,"Clothing > Hoodies, Clothing","https://s.example/a.jpg, https://s.example/b.jpg",\n' +
        '8,variation,W8,Hoodie - Red,,,,uploads/c.jpg,W7\n',
      { 'wp-content/uploads/c.jpg': 'picture', 'uploads/c.jpg': 'picture' },
    );
    expect(items[7]).toMatchObject({
      title: 'Hoodie',
      description: 'Warm and soft',
      categories: ['Clothing', 'Hoodies'],
      url: 'https://s.example/a.jpg',
    });
    expect(items[8].imagePath).toMatch(/uploads\/c\.jpg$/);
    const named = await listOf('id,name,categories\n1,Watch,"Clothing, Shoes & Jewelry > Men"\n');
    expect(named.items[1].categories).toEqual(['Clothing, Shoes & Jewelry', 'Men']);
  });

  test('BigCommerce: rows of pictures and variants belong to the product above', async () => {
    const products =
      'Item,ID,Name,SKU,Image URL (Export)\n' +
      'Product,77,Kettle,K,\n' +
      'Image,5,,,https://s.example/k.jpg\n' +
      'Variant,78,,K-red,\n' +
      'Product,78,Lamp,L,\n';
    const { items, remarks } = await listOf(products);
    expect(Object.keys(items)).toEqual(['77', '78']);
    expect(items[77]).toMatchObject({ title: 'Kettle', url: 'https://s.example/k.jpg' });
    expect(items[78]).toMatchObject({ title: 'Lamp', url: null });
    expect(remarks.join()).toContain('2 lines of items.csv go on with an item above');
    const byCode = await listOf(products, {}, 'id=SKU');
    expect(Object.keys(byCode.items)).toEqual(['K', 'K-red', 'L']);
    expect(byCode.items['K-red']).toMatchObject({ title: 'Kettle', url: 'https://s.example/k.jpg' });
    const older = await listOf(
      'Item Type,Product ID,Product Name,Brand Name,Product Image File - 1\n' +
        '"  Product",9,Vase,Ox,k/9/v.jpg\n"      SKU",,[RB]Colour=Red,,\n',
      { 'product_images/k/9/v.jpg': 'picture' },
    );
    expect(older.items[9]).toMatchObject({ title: 'Vase', brand: 'Ox' });
    expect(older.items[9].imagePath).toMatch(/product_images\/k\/9\/v\.jpg$/);
  });

  test('PrestaShop: names of columns with their hints', async () => {
    const { items } = await listOf(
      'Product ID;Active (0/1);Name *;"Categories (x,y,z...)";Manufacturer;Description;"Image URLs (x,y,z...)"\n' +
        '4;1;Jug;"Home,Kitchen";Ox;Big;"https://s.example/1.jpg,https://s.example/2.jpg"\n',
    );
    expect(items[4]).toMatchObject({ title: 'Jug', brand: 'Ox', description: 'Big', url: 'https://s.example/1.jpg' });
  });

  test('a column "item" beside the id is no kind of row, and said not to be used', async () => {
    const folder = folderOf({ 'interactions.csv': 'user,item\nann,1\n', 'items.csv': 'id,item,title\n1,a,Mug\n' });
    expect((await readRaw(folder)).remarks).toEqual(['column "item" of items.csv is not used']);
  });

  test('paths as Windows writes them, and a file of this machine outside of the folder is refused', async () => {
    const { items } = await listOf('id,title,image\n1,Mug,images\\mug.jpg\n', { 'images/mug.jpg': 'picture' });
    expect(items[1].imagePath).toMatch(/images\/mug\.jpg$/);
    const outside = await errorOf(() => listOf('id,title,image\n1,Mug,/etc/hostname\n'));
    expect(outside.expected).toBe('a path inside the folder of the data set');
  });

  test('a row with an item above and other words is refused', async () => {
    const twice = await errorOf(() => listOf('Handle,Title\nmug,Mug\nmug,Cup\n'));
    expect(twice.message).toMatch(/line 3: got item "mug" again/);
  });
});
