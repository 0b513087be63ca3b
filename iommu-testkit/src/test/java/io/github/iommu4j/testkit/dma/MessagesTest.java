package io.github.iommu4j.testkit.dma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.dma.Privilege;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.fault.FaultEvent;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MessagesTest {

    @ParameterizedTest
    @EnumSource(FaultResponse.class)
    void everyResponseSurvivesPacking(FaultResponse response) {
        long packed = Translations.recorded(Translations.fault(0xFF, response));

        assertThat(Translations.isOk(packed)).isFalse();
        assertThat(Translations.response(packed)).isEqualTo(response);
        assertThat(Translations.faultCode(packed)).isEqualTo(0xFF);
        assertThat(Translations.isRecorded(packed)).isTrue();
        assertThat(Translations.isStalled(packed)).isEqualTo(response == FaultResponse.STALL);
    }

    @Property
    void aStalledAccessKeepsItsTagAndCode(
            @ForAll @IntRange(max = 0xFFFF) int tag, @ForAll @IntRange(max = 255) int code) {
        long packed = Translations.stalled(code, tag);

        assertThat(Translations.isStalled(packed)).isTrue();
        assertThat(Translations.stallTag(packed)).isEqualTo(tag);
        assertThat(Translations.faultCode(packed)).isEqualTo(code);
        assertThat(Translations.isRecorded(packed)).isFalse();
        assertThat(Translations.stallTag(Translations.recorded(packed))).isEqualTo(tag);
    }

    @Test
    void noTranslatedAddressIsStalled() {
        assertThat(Translations.isStalled(Translations.ok(-1L, 63, 7))).isFalse();
        assertThat(new Translation.Stalled(7, 0x10, "F_TRANSLATION", true))
                .hasToString("Stalled(F_TRANSLATION, tag 7, recorded)");
    }

    /** Byte by byte where that can be counted, against the definition: two ranges share an address. */
    @Property
    void anInvalidationCoversWhatSharesAnAddressWithIt(
            @ForAll @IntRange(max = 255) int page,
            @ForAll @IntRange(max = 6) int order,
            @ForAll @IntRange(max = 255) int otherPage,
            @ForAll @IntRange(max = 6) int otherOrder) {
        InvalidateRequest request = new InvalidateRequest(1, 5, (long) page << 12, 12 + order);
        long first = (long) otherPage >>> otherOrder << otherOrder << 12;

        boolean shares = false;
        for (long at = first; at < first + (0x1000L << otherOrder); at += 0x1000) {
            shares |= at >= request.address() && at < request.address() + (0x1000L << order);
        }

        assertThat(request.covers(5, first, 12 + otherOrder)).isEqualTo(shares);
        assertThat(request.covers(6, first, 12 + otherOrder)).isFalse();
        assertThat(request.covers(TranslationUnit.NO_SUBSTREAM, first, 12)).isFalse();
    }

    @Test
    void anInvalidationOfEverythingCoversEveryAddressAndAnotherOfEverySubstreamEveryPasid() {
        InvalidateRequest all =
                new InvalidateRequest(1, InvalidateRequest.EVERY_SUBSTREAM, -1L, InvalidateRequest.EVERYTHING);

        assertThat(all.covers(7, -1L << 12, 12)).isTrue();
        assertThat(all.covers(TranslationUnit.NO_SUBSTREAM, 0, 64)).isTrue();
        assertThat(all).hasToString("InvalidateRequest(0x1 every, 0x0, 2^64 bytes)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new InvalidateRequest(1, 0, 0, 11))
                .withMessageContaining("2^11");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new InvalidateRequest(1, 1 << 20, 0, 12))
                .withMessageContaining("1048576");
    }

    @Test
    void onlyALastRequestOfAPasidThatAsksForNothingIsAStopMarker() {
        PageRequestMessage marker = PageRequestMessage.stopMarker(8, 3);
        PageRequestMessage plain = new PageRequestMessage(8, -1, 0x1234, 0, Privilege.UNPRIVILEGED, 3, true);

        assertThat(marker.isStopMarker()).isTrue();
        assertThat(plain.isStopMarker()).isFalse();
        assertThat(plain.address()).isEqualTo(0x1000);
        assertThat(new PageRequestMessage(8, 3, 0, PageRequestMessage.WRITE, Privilege.PRIVILEGED, 3, true))
                .hasToString("PageRequestMessage(0x8 0x3, 0x0, -w- privileged, group 3, last)")
                .returns(false, PageRequestMessage::isStopMarker);
    }

    @Test
    void aPageRequestHasTheWidthsOfPcie() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PageRequestMessage(1, -2, 0, 0, Privilege.PRIVILEGED, 0, true))
                .withMessageContaining("-2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PageRequestMessage(1, 1, 0, 0, Privilege.PRIVILEGED, 512, true))
                .withMessageContaining("512");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PageRequestMessage(1, 1, 0, 8, Privilege.PRIVILEGED, 0, true))
                .withMessageContaining("8");
    }

    @Property
    void reservedResponseCodesAreFailures(@ForAll @IntRange(max = 15) int value) {
        PrgResponse.Code code = PrgResponse.Code.of(value);

        assertThat(code)
                .isEqualTo(
                        value == 0
                                ? PrgResponse.Code.SUCCESS
                                : value == 1 ? PrgResponse.Code.INVALID : PrgResponse.Code.FAILURE);
        assertThat(PrgResponse.Code.of(code.value())).isEqualTo(code);
    }

    @Test
    void devicesThatCacheNothingHaveDroppedEverything() {
        assertThat(Endpoints.NONE.invalidate(new InvalidateRequest(1, -1, 0, 12)))
                .isEqualTo(Endpoints.Reply.COMPLETED);
    }

    @Test
    void privateDataIsNoneOrTwoWords() {
        assertThat(new FaultEvent.Traits(true, true, List.of(1L, 2L)).privateData())
                .hasSize(2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FaultEvent.Traits(true, true, List.of(1L)))
                .withMessageContaining("1 words");
    }
}
