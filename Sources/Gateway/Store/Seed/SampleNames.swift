/// Invented people's names and places, by country.
struct SampleNames {
  let families: [String]
  let women: [String]
  let men: [String]
  let streets: [String]
  /// City and postal code.
  let cities: [(String, String)]
  let phonePrefix: String
  let language: String

  static func forCountry(_ country: String) -> SampleNames { country == "FR" ? france : morocco }

  static let morocco = SampleNames(
    families: [
      "Bennani", "Alaoui", "El Idrissi", "Tazi", "Benjelloun", "Chraïbi", "Berrada", "El Fassi", "Lahlou", "Sqalli",
      "Bouazza", "Amrani", "Kettani", "Ziani", "Naciri", "Ouazzani", "Belkadi", "Rhazi", "Sebti", "Filali", "Haddad",
      "Mernissi", "Cherkaoui", "Daoudi", "Ghallab", "Jaïdi", "Kabbaj", "Laraki", "Mekouar", "Skalli", "Touzani",
      "Zniber",
    ],
    women: [
      "Amina", "Fatima Zahra", "Khadija", "Salma", "Meryem", "Nadia", "Houda", "Imane", "Loubna", "Zineb", "Hajar",
      "Aïcha", "Samira", "Ghita", "Rim", "Sanaa",
    ],
    men: [
      "Youssef", "Mohammed", "Adil", "Karim", "Omar", "Hicham", "Rachid", "Mehdi", "Anas", "Hamza", "Ilyas", "Saïd",
      "Tarik", "Reda", "Zakaria", "Noureddine",
    ],
    streets: ["rue Ibn Batouta", "boulevard Zerktouni", "rue des Orangers", "avenue Hassan II", "rue El Jadida"],
    cities: [("Casablanca", "20000"), ("Casablanca", "20250"), ("Mohammedia", "28800"), ("Bouskoura", "27182")],
    phonePrefix: "+2126", language: "fr-MA")

  static let france = SampleNames(
    families: [
      "Martin", "Lefèvre", "Dubois", "Moreau", "Laurent", "Girard", "Rousseau", "Fontaine", "Chevalier", "Garnier",
      "Müller", "Nguyễn", "Traoré", "Bélanger", "Gauthier", "Perrin", "Clément", "Mercier", "Blanchard", "Guérin",
      "Haddad", "D’Angelo", "Le Goff", "Œuvrard", "Kowalski", "Diallo", "Faure", "Renaud", "Barbier", "Noël", "Picard",
      "Colin",
    ],
    women: [
      "Camille", "Élodie", "Chloé", "Inès", "Léa", "Margaux", "Sophie", "Claire", "Hélène", "Aurélie", "Zoé", "Agnès",
      "Linh", "Aminata", "Noémie", "Françoise",
    ],
    men: [
      "Lucas", "Hugo", "Théo", "Jérôme", "François", "Rémi", "Antoine", "Gaël", "Benoît", "Nicolas", "Loïc", "Étienne",
      "Minh", "Mamadou", "Raphaël", "Stéphane",
    ],
    streets: ["rue des Lilas", "avenue de la République", "rue du Faubourg", "place des Fêtes", "rue Élise-Deroche"],
    cities: [("Paris", "75011"), ("Paris", "75020"), ("Montreuil", "93100"), ("Vincennes", "94300")],
    phonePrefix: "+336", language: "fr-FR")
}
