import Quantities
import Testing

@Suite struct NameSuggestionTests {
  @Test(
    "edit distances",
    arguments: [
      ("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("Gpbs", "Gbps", 1), ("flaw", "lawn", 2),
      ("same", "same", 0),
    ])
  func editDistances(left: String, right: String, distance: Int) {
    #expect(editDistance(left, right) == distance)
    #expect(editDistance(right, left) == distance)
  }

  @Test("the nearest name is suggested only when it is near")
  func theNearestNameIsSuggestedOnlyWhenItIsNear() {
    let names = ["jetson-orin-nano", "jetson-orin-nx", "h100-sxm", "h200-sxm"]
    #expect(nearestName(to: "jetson-orin-nan", among: names) == "jetson-orin-nano")
    #expect(nearestName(to: "H100-SXM", among: names) == "h100-sxm")
    #expect(nearestName(to: "h300-sxm", among: names) == "h100-sxm")
    #expect(nearestName(to: "toaster", among: names) == nil)
    #expect(nearestName(to: "x", among: ["y"]) == nil)
    #expect(nearestName(to: "anything", among: [String]()) == nil)
  }
}
