import PostgresClient
import TestSupport
import XCTest

@testable import Gateway

final class MigratorTests: XCTestCase {
  func testSplitterKeepsQuotesAndBodiesWhole() {
    let text = "select ';', \"a;b\", $$;$$, $x$ $$;$$ $x$ -- ;\n; /* ; */ select $1;\n-- only a comment\n"
    XCTAssertEqual(
      SQLSplitter.statements(of: Array(text.utf8)),
      ["select ';', \"a;b\", $$;$$, $x$ $$;$$ $x$ -- ;\n", " /* ; */ select $1"])
  }

  func testProgramHoldsEveryFileOfTheFolder() throws {
    let folder = PostgresTestCluster.root + "/Sources/Gateway/Store/Migrations"
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let known = Migration.all.map { migration in
      "\(String(repeating: "0", count: 4 - String(migration.number).count))\(migration.number)_\(migration.name).sql"
    }
    XCTAssertEqual(files, known)
    for (file, migration) in zip(files, Migration.all) {
      let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: folder + "/" + file)))
      XCTAssertEqual(Migration(migration.number, migration.name, bytes).checksum, migration.checksum, file)
    }
  }

  func testMigratesOnceWhoeverComesSecond() async throws {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("migrate")
    let numbers = Migration.all.map(\.number)
    async let first = PostgresTestCluster.withPool(dsn: dsn) { try await Migrator().migrate($0) }
    async let second = PostgresTestCluster.withPool(dsn: dsn) { try await Migrator().migrate($0) }
    let (one, two) = try await (first, second)
    XCTAssertEqual((one + two).sorted(), numbers)
    XCTAssertTrue(one.isEmpty || two.isEmpty)
    try await PostgresTestCluster.withPool(
      dsn: dsn, configure: { $0.overrides["user"] = "passerelle_app" }, { try await Migrator().check($0) })
  }

  func testGoesOnAfterAnInterruption() async throws {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("resume")
    let broken =
      Migration.all.prefix(4) + [Migration(5, "broken", Array("create table clinic.half (); select 1/0;".utf8))]
    do {
      _ = try await PostgresTestCluster.withPool(dsn: dsn) { try await Migrator(Array(broken)).migrate($0) }
      XCTFail("a step that fails must stop the migrator")
    } catch let error as MigrationError {
      XCTAssertEqual(error.code, .refused)
    }
    let rest = try await PostgresTestCluster.withPool(dsn: dsn) { try await Migrator().migrate($0) }
    XCTAssertEqual(rest, Migration.all.dropFirst(4).map(\.number))
    let half = try await StoreFixture.run(dsn, "select to_regclass('clinic.half')::text")
    XCTAssertEqual(half, [[nil]])
  }

  func testRefusesNewerOlderAndChangedDatabases() async throws {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("versions")
    func code(_ migrations: [Migration], check: Bool) async throws -> MigrationError.Code? {
      do {
        try await PostgresTestCluster.withPool(dsn: dsn) { pool in
          if check {
            try await Migrator(migrations).check(pool)
          } else {
            _ = try await Migrator(migrations).migrate(pool)
          }
        }
        return nil
      } catch let error as MigrationError { return error.code }
    }
    let all = Migration.all
    var found = try await code(all, check: true)
    XCTAssertEqual(found, .databaseIsOlder)
    found = try await code(all, check: false)
    XCTAssertNil(found)
    found = try await code(Array(all.dropLast()), check: false)
    XCTAssertEqual(found, .databaseIsNewer)
    found = try await code(all.dropLast() + [Migration(all.count, "policies", Array("select 1".utf8))], check: true)
    XCTAssertEqual(found, .changed)
  }
}
