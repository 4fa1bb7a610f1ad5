/// The reduced definitions as text, one line a fact; `HL7Schema` reads what it needs of them.
enum HL7SchemaTables {}
