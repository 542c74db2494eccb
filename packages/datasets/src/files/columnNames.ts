/** Items of one kind: their ids under the kind's name, as games, news or places are kept. */
const kindsOfItems = [
  ...['parent_asin', 'asin', 'product_id', 'movie_id', 'article_id', 'video_id', 'book_id', 'business_id', 'goods_id'],
  ...['track_id', 'song_id', 'artist_id', 'album_id', 'game_id', 'app_id', 'anime_id', 'show_id', 'recipe_id'],
  ...['news_id', 'paper_id', 'course_id', 'restaurant_id', 'venue_id', 'poi_id', 'location_id', 'content_id'],
  ...[
    'post_id',
    'offer_id',
    'entity_id',
    'listing_id',
    'doc_id',
    'document_id',
    'photo_id',
    'playlist_id',
    'podcast_id',
  ],
];

const itemNames = [
  ...['item_id', 'iid', ...kindsOfItems],
  ...['stock_code', 'id_item', 'item_idx', 'sku', 'lineitem_sku', 'isbn', 'ean', 'gtin', 'upc', 'handle', 'url_handle'],
  ...['item_no', 'product_no'],
];

/** Names, as they are compared, that hold words as often as ids, or codes beside one: they count where no id is there. */
export const vagueNames: ReadonlySet<string> = new Set([
  ...[
    'username',
    'reviewer',
    'customer',
    'buyer',
    'member',
    'visitor',
    'session',
    'sessionid',
    'usersession',
    'visitid',
  ],
  ...['product', 'movie', 'article', 'book', 'business'],
  ...['email', 'customeremail', 'useremail', 'billingemail', 'isbn', 'ean', 'gtin', 'upc'],
]);

/**
 * The names under which shops, data sets and tools of the field keep these columns, the first that is there counts. Capitals,
 * spaces, hyphens and underscores make no difference: `userId` and `User ID` are `user_id`.
 */
export const columnNames = {
  user: [
    ...['user_id', 'uid', 'reviewer_id', 'customer_id', 'customer_unique_id', 'visitor_id', 'member_id', 'account_id'],
    ...['buyer_id', 'client_id', 'consumer_id', 'profile_id', 'person_id', 'player_id', 'author_id', 'id_user'],
    ...['user_idx', 'user_pseudo_id', 'cust_id', 'customer_no', 'user_no', 'steam_id', 'shopper_id', 'patron_id'],
    ...['msno', 'user_name', 'reviewer', 'customer', 'buyer', 'member', 'visitor'],
    ...['customer_email', 'user_email', 'billing_email', 'email', 'session_id', 'session', 'user_session', 'visit_id'],
  ],
  item: [...itemNames, 'sid', 'product', 'movie', 'article', 'book', 'business'],
  rating: [
    ...['overall', 'stars', 'score', 'star_rating', 'review_score', 'review_rating', 'book_rating', 'rating_score'],
    ...['user_rating', 'review_overall'],
  ],
  timestamp: [
    ...['time', 'ts', 'unix_review_time', 'unix_timestamp', 'datetime', 'event_time', 'date', 'event_timestamp'],
    ...['timestamp_ms', 'time_ms', 'unix_time', 'created_at', 'review_date', 'order_date', 'purchase_date'],
    ...['transaction_date', 'date_added', 'rated_at', 'order_purchase_timestamp', 't_dat'],
  ],
  id: ['item', ...itemNames],
  title: [
    ...['name', 'product_name', 'product_title', 'item_name', 'item_title', 'movie_title', 'book_title', 'song_title'],
    ...['prod_name', 'track_name', 'song_name', 'display_name', 'headline', 'label', 'game_name', 'app_name'],
    ...['video_title', 'article_title', 'recipe_name', 'business_name', 'course_title', 'listing_title', 'post_title'],
    ...['original_title'],
  ],
  brand: [
    ...['brand_name', 'store', 'manufacturer', 'vendor', 'publisher', 'book_author', 'author', 'artist_name', 'artist'],
    ...['authors', 'artists', 'maker', 'designer', 'developer', 'studio', 'seller_name', 'manufacturer_name'],
  ],
  categories: [
    ...['category', 'category_name', 'category_path', 'genres', 'genre', 'main_category', 'product_category'],
    ...['product_type', 'product_type_name', 'product_category_name', 'google_product_category', 'category_code'],
    ...[
      'categories_xyz',
      'item_category',
      'taxonomy',
      'breadcrumbs',
      'department',
      'section',
      'topics',
      'tags',
      'type',
    ],
    'class',
  ],
  description: [
    ...['product_description', 'item_description', 'long_description', 'desc', 'detail_desc', 'body_html'],
    ...[
      'post_content',
      'short_description',
      'summary',
      'overview',
      'synopsis',
      'plot',
      'abstract',
      'features',
      'about_product',
    ],
  ],
  image: [
    ...['images', 'image_url', 'image_path', 'image_link', 'image_src', 'image_urls', 'img', 'img_url', 'imurl'],
    ...['main_image', 'base_image', 'image_url_l', 'image_url_m', 'image_url_s', 'picture', 'picture_url', 'photo'],
    ...['photo_url', 'photos', 'pictures', 'thumbnail', 'thumbnail_url', 'cover', 'cover_url', 'poster', 'poster_url'],
    ...['product_image_url', 'product_image_url_1', 'product_image_file_1', 'product_image', 'image_url_export'],
    ...['image_url_import', 'image_urls_xyz', 'featured_image', 'main_image_url', 'primary_image', 'image_1', 'image1'],
    ...['image_file', 'image_name', 'cover_image', 'small_image', 'thumbnail_image', 'additional_images', 'img_src'],
    'variant_image',
  ],
  /** what a row is, where shops write an item in several: a product, a variant, a picture */
  'row kind': ['item', 'item_type'],
  /** what parts the variants of a product have in common */
  'row group': ['handle', 'url_handle', 'item_group_id', 'parent_sku'],
  /** items before the row's own, as data for models of sequences keep them */
  'earlier items': ['item_id_list', 'item_list', 'product_id_list', 'movie_id_list', 'iid_list', 'asin_list'],
} as const;
