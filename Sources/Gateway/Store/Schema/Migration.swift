internal import Crypto

/// One numbered step of the database's schema, as it lies in `Store/Migrations` and in the program itself.
public struct Migration: Sendable {
  public let number: Int
  public let name: String
  /// The statements, in order.
  public let statements: [String]
  /// SHA-256 of the file in lower-case hex.
  public let checksum: String

  init(_ number: Int, _ name: String, _ bytes: [UInt8]) {
    self.number = number
    self.name = name
    statements = SQLSplitter.statements(of: bytes)
    checksum = Hex.encode(SHA256.hash(bytes))
  }

  /// Every step that this program knows. A released file is never changed: a correction is a new file.
  public static let all: [Migration] = [
    Migration(1, "roles", PackageResources._001_roles_sql),
    Migration(2, "keys", PackageResources._002_keys_sql),
    Migration(3, "clinic", PackageResources._003_clinic_sql),
    Migration(4, "clinical", PackageResources._004_clinical_sql),
    Migration(5, "billing", PackageResources._005_billing_sql),
    Migration(6, "gateway", PackageResources._006_gateway_sql),
    Migration(7, "triggers", PackageResources._007_triggers_sql),
    Migration(8, "deliveries", PackageResources._008_deliveries_sql),
    Migration(9, "partners", PackageResources._009_partners_sql),
    Migration(10, "policies", PackageResources._010_policies_sql),
    Migration(11, "delivery_turns", PackageResources._011_delivery_turns_sql),
    Migration(12, "hl7", PackageResources._012_hl7_sql),
    Migration(13, "write_path", PackageResources._013_write_path_sql),
    Migration(14, "delivery_backlog", PackageResources._014_delivery_backlog_sql),
    Migration(15, "search", PackageResources._015_search_sql),
    Migration(16, "results", PackageResources._016_results_sql),
    Migration(17, "charges", PackageResources._017_charges_sql),
    Migration(18, "history", PackageResources._018_history_sql),
    Migration(19, "plans", PackageResources._019_plans_sql),
    Migration(20, "clinical_reading", PackageResources._020_clinical_reading_sql),
    Migration(21, "search_keys", PackageResources._021_search_keys_sql),
    Migration(22, "retention", PackageResources._022_retention_sql),
    Migration(23, "search_live", PackageResources._023_search_live_sql),
    Migration(24, "feeds", PackageResources._024_feeds_sql),
    Migration(25, "search_order", PackageResources._025_search_order_sql),
    Migration(26, "statistics", PackageResources._026_statistics_sql),
    Migration(27, "patient_changes", PackageResources._027_patient_changes_sql),
    Migration(28, "account_payments", PackageResources._028_account_payments_sql),
    Migration(29, "visit_people", PackageResources._029_visit_people_sql),
    Migration(30, "own_numbers", PackageResources._030_own_numbers_sql),
    Migration(31, "feed_runs", PackageResources._031_feed_runs_sql),
    Migration(32, "feed_deletes", PackageResources._032_feed_deletes_sql),
  ]
}
