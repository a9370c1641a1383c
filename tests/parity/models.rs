//! The models of the Chinook sample database, as a user of it would write them: its own table and column names.

use eager_orm::prelude::*;

#[derive(Model)]
#[model(table = "Artist")]
pub struct Artist {
    #[field(column = "ArtistId")]
    pub id: i64,
    #[field(column = "Name", max_length = 120)]
    pub name: Option<String>,
    pub albums: HasMany<Album>,
    pub second_third: Prefetched<Album>,
}

#[derive(Model)]
#[model(table = "Album")]
pub struct Album {
    #[field(column = "AlbumId")]
    pub id: i64,
    #[field(column = "Title", max_length = 160)]
    pub title: String,
    #[relation(column = "ArtistId", on_delete = Cascade)]
    pub artist: ForeignKey<Artist>,
    pub tracks: HasMany<Track>,
    pub long_tracks: Prefetched<Track>,
}

#[derive(Model)]
#[model(table = "Genre")]
pub struct Genre {
    #[field(column = "GenreId")]
    pub id: i64,
    #[field(column = "Name", max_length = 120)]
    pub name: Option<String>,
    pub tracks: HasMany<Track>,
    pub longest: Prefetched<Track>,
}

#[derive(Model)]
#[model(table = "MediaType")]
pub struct MediaType {
    #[field(column = "MediaTypeId")]
    pub id: i64,
    #[field(column = "Name", max_length = 120)]
    pub name: Option<String>,
    pub tracks: HasMany<Track>,
}

#[derive(Model)]
#[model(table = "Track")]
pub struct Track {
    #[field(column = "TrackId")]
    pub id: i64,
    #[field(column = "Name", max_length = 200)]
    pub name: String,
    #[relation(column = "AlbumId", on_delete = Cascade)]
    pub album: Option<ForeignKey<Album>>,
    #[relation(column = "MediaTypeId", on_delete = Protect)]
    pub media_type: ForeignKey<MediaType>,
    #[relation(column = "GenreId", on_delete = SetNull)]
    pub genre: Option<ForeignKey<Genre>>,
    #[field(column = "Composer", max_length = 220)]
    pub composer: Option<String>,
    #[field(column = "Milliseconds")]
    pub milliseconds: i64,
    #[field(column = "Bytes")]
    pub bytes: Option<i64>,
    #[field(column = "UnitPrice")]
    pub unit_price: f64,
    #[relation(via = "tracks")]
    pub playlists: ManyToMany<Playlist>,
    pub playlist_entries: HasMany<PlaylistTrack>,
    pub invoice_lines: HasMany<InvoiceLine>,
    pub m_lists: Prefetched<Playlist>,
}

#[derive(Model)]
#[model(table = "Playlist")]
pub struct Playlist {
    #[field(column = "PlaylistId")]
    pub id: i64,
    #[field(column = "Name", max_length = 120)]
    pub name: Option<String>,
    #[relation(through = PlaylistTrack)]
    pub tracks: ManyToMany<Track>,
    pub entries: HasMany<PlaylistTrack>,
}

#[derive(Model)]
#[model(table = "PlaylistTrack", primary_key = "playlist, track")]
pub struct PlaylistTrack {
    #[relation(column = "PlaylistId", on_delete = Cascade)]
    pub playlist: ForeignKey<Playlist>,
    #[relation(column = "TrackId", on_delete = Cascade)]
    pub track: ForeignKey<Track>,
}

#[derive(Model)]
#[model(table = "Employee")]
pub struct Employee {
    #[field(column = "EmployeeId")]
    pub id: i64,
    #[field(column = "LastName", max_length = 20)]
    pub last_name: String,
    #[field(column = "FirstName", max_length = 20)]
    pub first_name: String,
    #[field(column = "Title", max_length = 30)]
    pub title: Option<String>,
    #[relation(column = "ReportsTo", on_delete = SetNull)]
    pub reports_to: Option<ForeignKey<Employee>>,
    #[field(column = "BirthDate")]
    pub birth_date: Option<DateTime>,
    #[field(column = "HireDate")]
    pub hire_date: Option<DateTime>,
    #[field(column = "Address", max_length = 70)]
    pub address: Option<String>,
    #[field(column = "City", max_length = 40)]
    pub city: Option<String>,
    #[field(column = "State", max_length = 40)]
    pub state: Option<String>,
    #[field(column = "Country", max_length = 40)]
    pub country: Option<String>,
    #[field(column = "PostalCode", max_length = 10)]
    pub postal_code: Option<String>,
    #[field(column = "Phone", max_length = 24)]
    pub phone: Option<String>,
    #[field(column = "Fax", max_length = 24)]
    pub fax: Option<String>,
    #[field(column = "Email", max_length = 60)]
    pub email: Option<String>,
    #[relation(via = "reports_to")]
    pub reports: HasMany<Employee>,
    #[relation(via = "support_rep")]
    pub customers: HasMany<Customer>,
}

#[derive(Model)]
#[model(table = "Customer")]
pub struct Customer {
    #[field(column = "CustomerId")]
    pub id: i64,
    #[field(column = "FirstName", max_length = 40)]
    pub first_name: String,
    #[field(column = "LastName", max_length = 20)]
    pub last_name: String,
    #[field(column = "Company", max_length = 80)]
    pub company: Option<String>,
    #[field(column = "Address", max_length = 70)]
    pub address: Option<String>,
    #[field(column = "City", max_length = 40)]
    pub city: Option<String>,
    #[field(column = "State", max_length = 40)]
    pub state: Option<String>,
    #[field(column = "Country", max_length = 40)]
    pub country: Option<String>,
    #[field(column = "PostalCode", max_length = 10)]
    pub postal_code: Option<String>,
    #[field(column = "Phone", max_length = 24)]
    pub phone: Option<String>,
    #[field(column = "Fax", max_length = 24)]
    pub fax: Option<String>,
    #[field(column = "Email", max_length = 60)]
    pub email: String,
    #[relation(column = "SupportRepId", on_delete = SetNull)]
    pub support_rep: Option<ForeignKey<Employee>>,
    pub invoices: HasMany<Invoice>,
    pub big_invoices: Prefetched<Invoice>,
    pub latest: Prefetched<Invoice>,
}

#[derive(Model)]
#[model(table = "Invoice")]
pub struct Invoice {
    #[field(column = "InvoiceId")]
    pub id: i64,
    #[relation(column = "CustomerId", on_delete = Cascade)]
    pub customer: ForeignKey<Customer>,
    #[field(column = "InvoiceDate")]
    pub invoice_date: DateTime,
    #[field(column = "BillingAddress", max_length = 70)]
    pub billing_address: Option<String>,
    #[field(column = "BillingCity", max_length = 40)]
    pub billing_city: Option<String>,
    #[field(column = "BillingState", max_length = 40)]
    pub billing_state: Option<String>,
    #[field(column = "BillingCountry", max_length = 40)]
    pub billing_country: Option<String>,
    #[field(column = "BillingPostalCode", max_length = 10)]
    pub billing_postal_code: Option<String>,
    #[field(column = "Total")]
    pub total: f64,
    pub lines: HasMany<InvoiceLine>,
}

#[derive(Model)]
#[model(table = "InvoiceLine")]
pub struct InvoiceLine {
    #[field(column = "InvoiceLineId")]
    pub id: i64,
    #[relation(column = "InvoiceId", on_delete = Cascade)]
    pub invoice: ForeignKey<Invoice>,
    #[relation(column = "TrackId", on_delete = Protect)]
    pub track: ForeignKey<Track>,
    #[field(column = "UnitPrice")]
    pub unit_price: f64,
    #[field(column = "Quantity")]
    pub quantity: i64,
}

/// The same tables with columns that a query may leave unloaded.
pub mod slim {
    use eager_orm::prelude::*;

    #[derive(Model)]
    #[model(table = "Artist")]
    pub struct Artist {
        #[field(column = "ArtistId")]
        pub id: i64,
        #[field(column = "Name", max_length = 120)]
        pub name: Deferred<Option<String>>,
    }

    #[derive(Model)]
    #[model(table = "Album")]
    pub struct Album {
        #[field(column = "AlbumId")]
        pub id: i64,
        #[field(column = "Title", max_length = 160)]
        pub title: Deferred<String>,
        #[relation(column = "ArtistId", on_delete = Cascade)]
        pub artist: ForeignKey<Artist>,
    }

    #[derive(Model)]
    #[model(table = "Track")]
    pub struct Track {
        #[field(column = "TrackId")]
        pub id: i64,
        #[field(column = "Name", max_length = 200)]
        pub name: Deferred<String>,
        #[relation(column = "AlbumId", on_delete = Cascade)]
        pub album: Option<ForeignKey<Album>>,
        #[relation(column = "MediaTypeId")]
        pub media_type: ForeignKey<super::MediaType>,
        #[relation(column = "GenreId", on_delete = SetNull)]
        pub genre: Option<ForeignKey<super::Genre>>,
        #[field(column = "Composer", max_length = 220)]
        pub composer: Deferred<Option<String>>,
        #[field(column = "Milliseconds")]
        pub milliseconds: Deferred<i64>,
        #[field(column = "Bytes")]
        pub bytes: Deferred<Option<i64>>,
        #[field(column = "UnitPrice")]
        pub unit_price: Deferred<f64>,
    }

    #[derive(Model)]
    #[model(table = "Employee")]
    pub struct Employee {
        #[field(column = "EmployeeId")]
        pub id: i64,
        #[field(column = "LastName", max_length = 20)]
        pub last_name: Deferred<String>,
        #[field(column = "FirstName", max_length = 20)]
        pub first_name: Deferred<String>,
        #[field(column = "Phone", max_length = 24)]
        pub phone: Deferred<Option<String>>,
        #[field(column = "Fax", max_length = 24)]
        pub fax: Deferred<Option<String>>,
        #[field(column = "Email", max_length = 60)]
        pub email: Deferred<Option<String>>,
    }

    #[derive(Model)]
    #[model(table = "Customer")]
    pub struct Customer {
        #[field(column = "CustomerId")]
        pub id: i64,
        pub invoices: HasMany<Invoice>,
        pub totals: Prefetched<Invoice>,
    }

    #[derive(Model)]
    #[model(table = "Invoice")]
    pub struct Invoice {
        #[field(column = "InvoiceId")]
        pub id: i64,
        #[relation(column = "CustomerId", on_delete = Cascade)]
        pub customer: ForeignKey<Customer>,
        #[field(column = "InvoiceDate")]
        pub invoice_date: Deferred<DateTime>,
        #[field(column = "BillingAddress", max_length = 70)]
        pub billing_address: Deferred<Option<String>>,
        #[field(column = "BillingCity", max_length = 40)]
        pub billing_city: Deferred<Option<String>>,
        #[field(column = "BillingState", max_length = 40)]
        pub billing_state: Deferred<Option<String>>,
        #[field(column = "BillingCountry", max_length = 40)]
        pub billing_country: Deferred<Option<String>>,
        #[field(column = "BillingPostalCode", max_length = 10)]
        pub billing_postal_code: Deferred<Option<String>>,
        #[field(column = "Total")]
        pub total: Deferred<f64>,
    }
}

/// The tables that some of the writing cases add.
pub mod shelves {
    use eager_orm::prelude::*;

    #[derive(Model)]
    #[model(table = "Sticker", ordering = "label")]
    pub struct Sticker {
        pub id: i64,
        #[field(unique, max_length = 40)]
        pub label: String,
        #[field(default = "red", max_length = 20)]
        pub color: String,
        pub weight: Option<f64>,
        #[relation(via = "stickers")]
        pub shelves: ManyToMany<Shelf>,
    }

    #[derive(Model)]
    #[model(table = "Shelf")]
    pub struct Shelf {
        pub id: i64,
        #[field(unique, max_length = 40)]
        pub name: String,
        #[relation(table = "Shelf_stickers")]
        pub stickers: ManyToMany<Sticker>,
        pub slots: HasMany<Slot>,
        pub card: HasOne<ShelfCard>,
    }

    #[derive(Model)]
    #[model(table = "Slot", ordering = "shelf, -position", unique(fields = "shelf, position"))]
    pub struct Slot {
        pub id: i64,
        #[relation(on_delete = Restrict)]
        pub shelf: ForeignKey<Shelf>,
        pub position: i64,
        #[field(max_length = 40)]
        pub note: Option<String>,
    }

    #[derive(Model)]
    #[model(table = "ShelfCard")]
    pub struct ShelfCard {
        pub id: i64,
        #[field(unique)]
        #[relation(on_delete = Cascade)]
        pub shelf: ForeignKey<Shelf>,
        #[field(max_length = 40)]
        pub text: String,
    }
}
