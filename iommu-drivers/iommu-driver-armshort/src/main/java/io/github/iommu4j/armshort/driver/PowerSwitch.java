package io.github.iommu4j.armshort.driver;

/** A clock or power domain of a device. Called when the device's last user goes or the first comes. */
public interface PowerSwitch {

    /** Something that is always on. */
    PowerSwitch ALWAYS_ON = new PowerSwitch() {
        @Override
        public void on() {}

        @Override
        public void off() {}
    };

    /**
     * Switches on.
     *
     * @throws io.github.iommu4j.api.IommuException when it cannot be; whoever needed the device gets the errno
     */
    void on();

    /** Switches off. */
    void off();
}
