/// Every key of the YAML files that trainings read, as their `--help` lists them: key, default, meaning. Lines of at most 78
/// characters, for longer ones are wrapped out of their columns.
enum ConfigurationHelp {
    /// Keys of `sillage train autoencoder --config`.
    static let autoencoder = """
          key                      default      meaning
          variables                all          names or standard names to learn
          climatology                           what fields are standardised by
            daily_harmonics        0            harmonics of the day in the mean, 0…6;
                                                states several times a day
            mean_per_point         true         false: one mean for all points
            deviation_per_point    false        true: a deviation for each point
          \(validation)
          autoencoder              required
            latent_channels        required     numbers a latent cell
            patch                  2            points a side put together first
            stages                 [{width: 32, blocks: 1}, {width: 64, blocks: 2}]
                                                channels and residual blocks, finest
                                                first, each half the resolution of the
                                                one before; []: linear
            groups                 8            of the normalisation; divides widths
            saturation             10           bound of the latents, in deviations
            latent_noise           0.02         put on latents in training, deviations
            linear_path            shared       by all places; local: one for each;
                                                none
          latent_scale             deviation    each channel varies by one; energy:
                                                channels vary as what they decode to
          static                   none         fields without time, for convolutions
          \(statics)
          latitude_weights         on a globe   the loss counts points by their area,
                                                cos(latitude); in a region only if true
          \(training)
        """

    /// Keys of `sillage train denoiser --config`.
    static let denoiser = """
          key                      default      meaning
          window                   required     states in a window
          stride                   window ÷ 2   from one window to the next, states, in
                                                longer trajectories; window − stride is
                                                even
          \(validation)
          anchor                   none         the Gaussian law started from
            kind                   required     orthogonal (any grid), homogeneous
                                                (doubly periodic plane), none
            modes                  80           spatial modes (orthogonal)
            localisation           1000         covariances vanish at twice this, km
                                                (orthogonal)
            hybrid                 0.5          share of a parametric covariance, 0…1
                                                (orthogonal)
            length                 1200         of that covariance, km
            taper                  24           lags vanish at twice this, states;
                                                null: never, as for homogeneous
            inflation              1            factor on variances (orthogonal)
          noise                                 levels trained on and sampled from
            sigma_min              0.001        cleanest, in deviations of latents
            sigma_max              100          noisiest
            rho                    1            spread of the levels drawn
          denoiser                 required     a transformer over latents
          \(network)
          static                   none         fields without time that it sees too
          \(statics)
          latitude_weights         on a globe   the loss counts latent cells by area,
                                                cos(latitude); in a region only if true
          errors                   validation   states on which the denoiser's errors
                                                are measured at the end; or training,
                                                or folds: parts of the training
                                                states held out in turn, which weigh
                                                its corrections of the anchor too
          folds                    5            parts of errors: folds, each a
                                                training more
          \(training)
        """

    /// Keys of `sillage train next-state --config`.
    static let nextState = """
          key                      default      meaning
          history                  2            known states, 1 to 16
          \(validation)
          noise                                 levels trained on and sampled from, of
                                                changes in units of their deviation
            sigma_min              0.001        cleanest
            sigma_max              100          noisiest
            rho                    1            spread of the levels drawn
          denoiser                 required     a transformer over one state of latents
          \(network)
          shifts                   false        shift periodic axes at random; not
                                                where points are missing
          latitude_weights         on a globe   the loss counts latent cells by area,
                                                cos(latitude); in a region only if true
          weights                  float32      how they are written: float16 halves
                                                the file
          \(training)
        """

    /// Keys of `sillage train image --config`.
    static let image = """
          key                      default      meaning
          side                     required     points of a side, 16 to 512
          colour                   rgb          or grey
          validation_every         10           every how many-th photograph of a class
                                                is held out
          noun                     piece        what all photographs are of
          augmentation
            flip                   true         mirrored half of the time
            crop                   0.1          part of a side that is cut away
            brightness             0.04         level that is added at most
          autoencoder              required
            latent_channels        required     numbers of a latent cell
            patch                  required     points that are put together, along a
                                                side, before the first convolution
            stages                 []           resolutions, finest first, such as
                                                [{width: 64, blocks: 2}]; none: a
                                                linear codec
            training               required     as below
          anchor_modes             0            modes of the Gaussian law that the
                                                denoiser is anchored at; 0: none
          noise                                 levels trained on and sampled from
            sigma_min              0.001        cleanest
            sigma_max              100          noisiest
            rho                    1            spread of the levels drawn
          denoiser                 required     a transformer over latent cells
            patch                  1            cells of a token, along a side
            hidden                 required     width of a token
            blocks                 required     transformer blocks
            heads                  required     hidden ÷ heads even, at least 6
          sentence
            hidden                 96           width of a word
            layers                 2            of its transformer
            silence                0.15         how often nothing is said
            omission               0.3          how often an attribute is left out
          \(training)
        """

    private static let network = """
          patch                  required     states and latent cells that make a
                                                token: {time: 2, y: 2, x: 2}
            hidden                 required     width of a token
            blocks                 required     transformer blocks
            heads                  required     hidden ÷ heads even, at least 6
            mlp_ratio              4            inner width over hidden
            attention              full         alternating: within a state, then in
                                                time; faster from 512 tokens on
            overlap                false        a token also sees half a patch of
                                                frames to either side and adds to
                                                them; patch.time must be even
            places                 false        learn a map of places; regional grids
        """

    private static let statics = """
          file                   -            NetCDF or HDF5; its grid holds the
                                                archive's; a path from where you are
            variables              required     [orography, land_mask]; latitude needs
                                                no file
          shifts                   false        shift periodic axes at random; not with
                                                static fields
        """

    private static let validation = """
        validation               {last: 0.1}  held out: a share from the end, or
                                                {start: 2019-03-21, end: 2019-03-26},
                                                the end not included
        """

    private static let training = """
        training                 required     steps or minutes must be given
            steps                  -            optimiser steps
            minutes                -            of training, instead of steps or as
                                                a limit beside them
            batch_size             32           examples of one backward pass
            accumulation           1            backward passes a step
            learning_rate          0.0003       at its top
            warmup_steps           100          of linear rise to it
            schedule               cosine       after it; linear, constant
            final_fraction         0.01         of learning_rate, at the end
            weight_decay           0.01         of AdamW
            betas                  [0.9, 0.999] of AdamW
            clip_norm              1            greatest norm of the gradient; 0: any
            ema_decay              0.999        average of weights that validates and
                                                samples; 0: none
            log_every              10           steps from line to line of the curves
            validate_every         500          steps between validations; 0: never
            checkpoint_every       500          steps between checkpoints
            patience               -            validations without gain before the end
            criterion              loss         validation loss that chooses the best
            seed                   0            of data order, weights and draws
            divergence                          stops a loss that has run away:
              factor               10           times the median loss,
              steps                20           steps in a row (0: never stops),
              window               200          losses that the median is taken over
        """
}
