/** Style sheets have no exports: the build puts them beside the scripts. */
declare module '*.css';
