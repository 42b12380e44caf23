import java.nio.file.*;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.*;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.*;

/** Says of each file and flavour whether veraPDF passes it, and which rules it breaks. */
class Vera {
    public static void main(String[] names) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (String name : names) {
            for (PDFAFlavour flavour : new PDFAFlavour[] {PDFAFlavour.PDFA_3_A, PDFAFlavour.PDFUA_1}) {
                try (var stream = Files.newInputStream(Path.of(name));
                        PDFAParser parser = Foundries.defaultInstance().createParser(stream, flavour);
                        PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
                    ValidationResult result = validator.validate(parser);
                    var broken = new java.util.TreeSet<String>();
                    for (TestAssertion one : result.getTestAssertions()) {
                        if (one.getStatus() == TestAssertion.Status.FAILED)
                            broken.add(one.getRuleId().getClause() + "-" + one.getRuleId().getTestNumber());
                    }
                    System.out.println(name + "\t" + flavour.getId() + "\t" + result.isCompliant() + "\t" + String.join(",", broken));
                }
            }
        }
    }
}
