-- Whoever takes a feed is told the clinic's own numbers, and may send them back: reading a message asks for it.
grant select (delivery_formats) on gateway.partner to passerelle_app;
