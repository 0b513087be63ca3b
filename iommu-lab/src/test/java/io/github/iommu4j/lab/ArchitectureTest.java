package io.github.iommu4j.lab;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rules between packages that the module system cannot say. */
final class ArchitectureTest {

    private static final String ROOT = "io.github.iommu4j";

    private static JavaClasses model;

    @BeforeAll
    static void importTheModel() {
        model = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(ROOT);
    }

    @Test
    void theModelIsWhatIsLookedAt() {
        assertThat(model.containPackage(ROOT + ".api.memory")).isTrue();
        assertThat(model.containPackage(ROOT + ".core.bits")).isTrue();
        assertThat(model.containPackage(ROOT + ".smmuv3.hardware")).isTrue();
        assertThat(model.containPackage(ROOT + ".armshort.hardware")).isTrue();
        assertThat(model.containPackage(ROOT + ".armshort.driver")).isTrue();
    }

    @Test
    void hardwareMeetsTheKernelHalfOnlyInMemory() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + "..hardware..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT + ".core.pagetable..", ROOT + "..driver..")
                .because("a constant that both halves share is checked by neither")
                .allowEmptyShould(true)
                .check(model);
    }

    @Test
    void driversDoNotReachIntoTheirHardware() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + "..driver..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + "..hardware..")
                .because("a driver also runs over hardware that is not ours")
                .allowEmptyShould(true)
                .check(model);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching(ROOT + ".(**)")
                .should()
                .beFreeOfCycles()
                .allowEmptyShould(true)
                .check(model);
    }

    @Test
    void theApiStandsAlone() {
        classes()
                .that()
                .resideInAPackage(ROOT + ".api..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "org.jspecify..", ROOT + ".api..")
                .allowEmptyShould(true)
                .check(model);
    }
}
